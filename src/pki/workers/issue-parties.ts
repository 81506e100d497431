import { createPublicKey } from 'node:crypto';
import pLimit from 'p-limit';
import { GenerateCertsError } from '../../errors.js';
import { nextTurn } from '../../util/turns.js';
import type { Certificate, Validity } from '../issue/certificate.js';
import { type Hierarchy, issuerOf } from '../issue/hierarchy.js';
import { certifyParty, issueParty, type PartyCredential, partyOfSigned } from '../issue/party.js';
import { freshKeys, type KeySource } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import { isQuickType, PrivateKey, type QuickKeyType, quickKeyMaker } from '../keys/keys.js';
import type { ParsedParty } from '../request.js';
import { unpackParties } from './thread-messages.js';
import { startIssuingThreads, threadFailed } from './thread-pool.js';
import type { IssuingWork } from './work.js';

/** What parties are issued with. */
export interface IssuingContext {
  readonly keyType: KeyType;
  readonly keys: KeySource;
  /** The CAs may still be in the making: keys that take their time need not wait for them. */
  readonly hierarchy: Promise<Hierarchy> | Hierarchy;
  readonly validity: Validity;
}

/**
 * Makes parties, in the order in which they are asked for.
 *
 * New EC keys are quick (30 µs, and as much for the signature): they are made here in turns with
 * everything else, and many of them by worker threads as well. Other keys are made on Node's thread pool.
 */
export async function issueParties(
  parties: readonly ParsedParty[],
  context: IssuingContext,
  work: IssuingWork = {},
): Promise<PartyCredential[]> {
  const own = parties.filter(({ publicKey }) => publicKey === undefined);
  if (own.length < parties.length) return issueWithSigned(parties, own, context, work);
  const { keyType, keys } = context;
  let done = 0;
  const advance = (made: readonly PartyCredential[]) => {
    done += made.length;
    if (made.length > 0) work.onParties?.(made);
    work.onProgress?.({ of: 'certificates', done, total: parties.length });
  };
  advance([]);
  if (isQuickType(keyType) && keys === freshKeys) {
    return issueInBatches(
      parties,
      { ...context, keyType, hierarchy: await context.hierarchy },
      work,
      advance,
    );
  }
  return issueSideBySide(parties, context, work, advance);
}

/** Those whose private key is someone else's take no time: they are made at the end. */
async function issueWithSigned(
  parties: readonly ParsedParty[],
  own: readonly ParsedParty[],
  context: IssuingContext,
  work: IssuingWork,
): Promise<PartyCredential[]> {
  const issued = await issueParties(own, context, work);
  const hierarchy = await context.hierarchy;
  let next = 0;
  return parties.map((party) => {
    const { publicKey } = party;
    if (publicKey === undefined) return issued[next++] as PartyCredential;
    return certifyParty({ ...party, publicKey }, hierarchy, context.validity);
  });
}

/** What a party's key is for, as no other party's. */
function keyUse({ role, fileName }: ParsedParty): string {
  return fileName === role ? role : `${role} ${fileName}`;
}

/** More keys than any thread pool makes at once, and few enough to stop soon. */
const KEYS_AT_ONCE = 64;

async function issueSideBySide(
  parties: readonly ParsedParty[],
  { keyType, keys, hierarchy, validity }: IssuingContext,
  { signal }: IssuingWork,
  advance: (made: readonly PartyCredential[]) => void,
): Promise<PartyCredential[]> {
  return pLimit(KEYS_AT_ONCE).map(parties, async (party) => {
    signal?.throwIfAborted();
    const key = await keys(keyType, keyUse(party));
    const credential = issueParty(party, key, await hierarchy, validity);
    advance([credential]);
    return credential;
  });
}

/** Whether these are certificates with their keys; the signature of one is checked, all of them would take too long. */
function areSound(made: readonly PartyCredential[], issuer: Certificate): boolean {
  try {
    const [first] = made;
    if (first === undefined || !made.every(({ certificate, privateKey }) => certificate.isOf(privateKey))) {
      return false;
    }
    const { certificate, privateKey } = first;
    const publicKey = createPublicKey(privateKey.keyObject).export({ type: 'spki', format: 'der' });
    return (
      certificate.x509Certificate.verify(issuer.x509Certificate.publicKey) &&
      publicKey.equals(privateKey.publicKeyDer)
    );
  } catch {
    return false;
  }
}

/** How many parties are made in one go: some ten milliseconds of work. */
const BATCH = 100;
/** What a thread has to do beside what it is doing, so that it need not wait. */
const BATCHES_AHEAD = 3;

async function issueInBatches(
  parties: readonly ParsedParty[],
  context: { keyType: QuickKeyType; hierarchy: Hierarchy; validity: Validity },
  { signal }: IssuingWork,
  advance: (made: readonly PartyCredential[]) => void,
): Promise<PartyCredential[]> {
  const { keyType, hierarchy, validity } = context;
  const { signer, privateKey, permittedDnsNames, certificate: issuerCertificate } = issuerOf(hierarchy);
  const issued = new Array<PartyCredential>(parties.length);
  const batches: number[] = [];
  for (let from = 0; from < parties.length; from += BATCH) batches.push(from);
  const take = (from: number) => parties.slice(from, from + BATCH);
  const keep = (from: number, made: readonly PartyCredential[]) => {
    made.forEach((credential, index) => {
      issued[from + index] = credential;
    });
    advance(made);
  };

  const threads = await startIssuingThreads(parties.length, {
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
      const reply = await threads.issue(thread, { from, parties: asked }).catch((error) => {
        if (error instanceof GenerateCertsError) throw error;
      });
      if (reply === undefined) {
        // A thread that fails is no loss but of time: this one does its work.
        batches.push(from);
        return;
      }
      const made = unpackParties(reply).map((parts, index) => {
        const key = new PrivateKey(parts.privateKeyPem, parts.publicKeyDer, keyType);
        return partyOfSigned(asked[index] as ParsedParty, key, hierarchy, validity, parts);
      });
      if (!areSound(made, issuerCertificate)) throw threadFailed('what it made is no certificate of this CA');
      keep(from, made);
    }
  };
  const makeKey = quickKeyMaker(keyType);
  const issueHere = async () => {
    for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
      signal?.throwIfAborted();
      keep(
        from,
        take(from).map((party) => issueParty(party, makeKey(), hierarchy, validity)),
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
