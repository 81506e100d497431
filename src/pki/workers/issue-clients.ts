import { nextTurn } from '../../util/turns.js';
import type { ClientCredential } from '../credential.js';
import type { Validity } from '../issue/certificate.js';
import { issueClient, issuedClient } from '../issue/client.js';
import { type Hierarchy, issuerOf } from '../issue/hierarchy.js';
import { freshKeys, type KeySource } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import { type EcKeyType, ecKeyMaker, isEcType, PrivateKey } from '../keys/keys.js';
import type { ParsedClient } from '../request.js';
import { unpackClients } from './thread-messages.js';
import { startIssuingThreads } from './thread-pool.js';
import type { IssuingWork } from './work.js';

/** What clients are issued with. */
export interface IssuingContext {
  readonly keyType: KeyType;
  readonly keys: KeySource;
  /** The CAs may still be in the making: keys that take their time need not wait for them. */
  readonly hierarchy: Promise<Hierarchy> | Hierarchy;
  readonly validity: Validity;
}

/**
 * Makes clients to let in, in the order in which they are asked for.
 *
 * New EC keys are quick (30 µs, and as much for the signature): they are made here in turns with
 * everything else, and many of them by worker threads as well. Other keys are made on Node's thread pool.
 */
export async function issueClients(
  clients: readonly ParsedClient[],
  context: IssuingContext,
  work: IssuingWork = {},
): Promise<ClientCredential[]> {
  const { keyType, keys } = context;
  let done = 0;
  const advance = (made: readonly ClientCredential[]) => {
    done += made.length;
    if (made.length > 0) work.onClients?.(made);
    work.onProgress?.({ of: 'clients', done, total: clients.length });
  };
  advance([]);
  if (isEcType(keyType) && keys === freshKeys) {
    return issueInBatches(
      clients,
      { ...context, keyType, hierarchy: await context.hierarchy },
      work,
      advance,
    );
  }
  return issueSideBySide(clients, context, work, advance);
}

/** More keys than any thread pool makes at once, and few enough to stop soon. */
const KEYS_AT_ONCE = 64;

async function issueSideBySide(
  clients: readonly ParsedClient[],
  { keyType, keys, hierarchy, validity }: IssuingContext,
  { signal }: IssuingWork,
  advance: (made: readonly ClientCredential[]) => void,
): Promise<ClientCredential[]> {
  const issued: ClientCredential[] = [];
  let next = 0;
  const takeTurns = async () => {
    while (next < clients.length) {
      signal?.throwIfAborted();
      const place = next++;
      const client = clients[place] as ParsedClient;
      const key = await keys(keyType, `client ${client.fileName}`);
      const credential = issueClient(client, key, await hierarchy, validity);
      issued[place] = credential;
      advance([credential]);
    }
  };
  await Promise.all(Array.from({ length: KEYS_AT_ONCE }, takeTurns));
  return issued;
}

/** How many clients are made in one go: some ten milliseconds of work. */
const BATCH = 100;
/** What a thread has to do beside what it is doing, so that it need not wait. */
const BATCHES_AHEAD = 3;

async function issueInBatches(
  clients: readonly ParsedClient[],
  context: { keyType: EcKeyType; hierarchy: Hierarchy; validity: Validity },
  { signal }: IssuingWork,
  advance: (made: readonly ClientCredential[]) => void,
): Promise<ClientCredential[]> {
  const { keyType, hierarchy, validity } = context;
  const { signer, privateKey, permittedDnsNames } = issuerOf(hierarchy);
  const issued = new Array<ClientCredential>(clients.length);
  const batches: number[] = [];
  for (let from = 0; from < clients.length; from += BATCH) batches.push(from);
  const take = (from: number) => clients.slice(from, from + BATCH);
  const keep = (from: number, made: readonly ClientCredential[]) => {
    made.forEach((credential, index) => {
      issued[from + index] = credential;
    });
    advance(made);
  };

  const threads = await startIssuingThreads(clients.length, {
    name: signer.name,
    privateKeyPem: privateKey.pem,
    keyIdentifier: signer.keyIdentifier,
    permittedDnsNames,
    validity,
    keyType,
  });
  const issueThere = async (thread: number) => {
    for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
      const asked = take(from);
      const reply = await threads.issue(thread, { from, clients: asked }).catch(() => undefined);
      if (reply === undefined) {
        // A thread that fails is no loss but of time: this one does its work.
        batches.push(from);
        return;
      }
      const made = unpackClients(reply).map((parts, index) => {
        const key = new PrivateKey(parts.privateKeyPem, parts.publicKeyDer, keyType);
        return issuedClient(asked[index] as ParsedClient, key, hierarchy, validity, parts);
      });
      keep(from, made);
    }
  };
  const makeKey = ecKeyMaker(keyType);
  const issueHere = async () => {
    for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
      signal?.throwIfAborted();
      keep(
        from,
        take(from).map((client) => issueClient(client, makeKey(), hierarchy, validity)),
      );
      if (batches.length > 0) await nextTurn();
    }
  };
  try {
    const there = Promise.all(
      Array.from({ length: threads.count * BATCHES_AHEAD }, (_, place) => issueThere(place % threads.count)),
    );
    // Its failure is looked at when this thread has done its own part.
    there.catch(() => undefined);
    await issueHere();
    await there;
    await issueHere();
  } finally {
    threads.end();
  }
  return issued;
}
