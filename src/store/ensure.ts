import { quote } from '../errors.js';
import { layoutOf } from '../layouts/index.js';
import { checkOptions, mergeOptions, RESERVED_NAMES } from '../layouts/requests.js';
import { flawFileName, serverFlawFileName } from '../pki/flaws/flaws.js';
import { type PublicKey, readPublicKey } from '../pki/keys/keys.js';
import { identityName, readClientIdentity } from '../pki/names/identity.js';
import { nameClients, partiesOf, withPublicKeys } from '../pki/names/party-names.js';
import type { ParsedRequest } from '../pki/request.js';
import type { Work } from '../pki/workers/work.js';
import { FIELDS } from '../request/fields.js';
import { checkAccess } from '../request/fit-access.js';
import {
  keyAccessWarnings,
  mergeKeyAccess,
  parseKeyAccess,
  recordAccess,
  refuseUnknownParties,
} from '../request/key-access.js';
import { parsePassword } from '../request/password.js';
import { type CheckedRequest, OPTIONS_EXAMPLE } from '../request/request.js';
import { debug } from '../util/debug.js';
import { readOptions } from '../util/options.js';
import { type EnsureResult, type SetFound, unchanged } from './ensure-result.js';
import { opensKeystores, otherPassword } from './keystores.js';
import { type Damage, findDamages, findLostOwners } from './manifest/damages.js';
import { findReplaceable } from './manifest/find.js';
import { shortfallOf } from './manifest/freshness.js';
import { GITIGNORE_NAME, isIgnoredByGit, type Manifest, type ManifestRequest } from './manifest/manifest.js';
import { readConsistently } from './transaction/consistent.js';
import type { EnsureOptions } from './write-options.js';

/**
 * Makes sure that a folder holds a set for this request. What is there and serves is kept; what is missing, damaged
 * or asked for in addition is made by the same CA; options that are not given are those recorded in the set.
 *
 * Of several that ask at the same time one makes the set, and the others wait and use it.
 *
 * @throws {@link GenerateCertsError} as {@link createCertificateSet} and {@link writeCertificateSet}
 * @example
 * ```ts
 * const { manifest } = await ensureCertificateSet('certs', { names: ['api.test'] });
 * ```
 */
export async function ensureCertificateSet(
  folder: string,
  options: EnsureOptions = {},
): Promise<EnsureResult> {
  return ensureSet(folder, options);
}

/** As {@link ensureCertificateSet}, telling now and then how much is done. */
export async function ensureSet(
  folder: string,
  options: EnsureOptions,
  onProgress?: Work['onProgress'],
): Promise<EnsureResult> {
  const all = readOptions(options, Object.keys(FIELDS), OPTIONS_EXAMPLE);
  const { keyMode, owner, force: forced, lockTimeout, signal: stop, new: startOver, dryRun, ...others } = all;
  const { password: typed, ...given } = others;
  const signal = FIELDS.signal.parse(stop);
  FIELDS.lockTimeout.parse(lockTimeout);
  const force = FIELDS.force.parse(forced);
  const forget = FIELDS.new.parse(startOver);
  const dry = FIELDS.dryRun.parse(dryRun);
  // What is wrong with the options is told before the folder is looked at.
  const alone = checkOptions(given);
  const givenAccess = parseKeyAccess({ keyMode, owner });
  const password = parsePassword(typed);
  const look = async (): Promise<SetFound> => {
    const old = findReplaceable(folder, { force });
    if (old === undefined || forget) {
      const shortfall = { reissue: 'all', reasons: [] } as const;
      return {
        old,
        damages: new Map(),
        checked: alone,
        access: givenAccess,
        password,
        parsed: () => alone,
        shortfall,
      };
    }
    const checked = mergeOptions(old.request, given);
    const access = mergeKeyAccess(old.request, { keyMode, owner });
    const request: ManifestRequest = { ...checked.request, ...recordAccess(access) };
    const { parsed, added } = withClientsOf(old, checked);
    const damages = await damagesOf(folder, old);
    const shortfall = shortfallOf(old, request, { added, damages, now: new Date() });
    // Keystores that are kept and those that are made would have two passwords.
    const isAsked = typed !== undefined || shortfall !== undefined;
    if (isAsked && !(await opensKeystores(folder, old, password.text, checked.request.layouts))) {
      throw otherPassword(folder);
    }
    return {
      old,
      damages,
      checked,
      access,
      password,
      parsed,
      shortfall,
    };
  };

  const lockOptions = { lockTimeout, signal };
  const found = await readConsistently(folder, look, lockOptions).catch((error) => {
    // A journal that was tampered with is thrown away under the lock.
    if (force && error?.code === 'ERR_JOURNAL_INVALID') return undefined;
    throw error;
  });
  debug('freshness', () => `${quote(folder)} ${describeFound(found, { forget })}`);
  const warnings = [
    ...(found?.checked ?? alone).warnings,
    ...keyAccessWarnings(found?.access ?? givenAccess),
  ];
  if (found?.old !== undefined && found.shortfall === undefined) {
    return { ...unchanged(found.old), warnings };
  }
  const asked = found?.parsed() ?? alone;
  const access = found?.access ?? givenAccess;
  const parties = partiesToBe(asked);
  refuseUnknownParties(access, parties);
  warnings.push(...checkAccess(access, parties, asked.request.layouts.map(layoutOf)));
  const { ca } = asked.request;
  if (ca !== null) {
    // What is wrong with it is told before anything is written.
    const { checkBroughtAuthority } = await import('./brought/read-folder.js');
    warnings.push(...(await checkBroughtAuthority(folder, asked, new Date())));
  }
  // What makes sets takes most of the start: a run with nothing to do does not load it.
  const [{ makeSet, rehearseSet }, { gitWarnings }] = await Promise.all([
    import('./make-set.js'),
    import('./git.js'),
  ]);
  const making = { force, look, lockOptions, onProgress };
  const result = dry ? await rehearseSet(folder, making) : await makeSet(folder, making);
  const unguarded = dry || isIgnoredByGit(result.manifest) ? [] : await gitWarnings(folder, result.manifest);
  return { ...result, warnings: [...warnings, ...unguarded] };
}

function describeFound(found: SetFound | undefined, { forget }: { readonly forget: boolean }): string {
  if (found === undefined) return 'has a change that cannot be finished: making a new set';
  const { old, shortfall } = found;
  if (old === undefined) return 'has no set: making one';
  if (forget) return 'has a set, and a new one is asked for';
  if (shortfall === undefined) return 'serves the request: nothing to write';
  return `lacks something: ${shortfall.reasons.join('; ')}; issuing again: ${shortfall.reissue}`;
}

/** Every party that a request comes to, those to refuse among them. */
function partiesToBe(parsed: ParsedRequest) {
  const { untrusted, untrustedServers } = parsed.request;
  return [
    ...partiesOf(parsed),
    ...untrusted.map((flaw) => ({ role: 'untrusted', name: flawFileName(flaw) })),
    ...untrustedServers.map((flaw) => ({ role: 'untrusted-server', name: serverFlawFileName(flaw) })),
  ];
}

/** The clients that are in a set stay in it, in their order; those that are asked for beyond them come after. */
function withClientsOf(
  old: Manifest,
  checked: CheckedRequest,
): { parsed: () => ParsedRequest; added: string[] } {
  const present = old.certificates.filter(({ role }) => role === 'client');
  const known = new Map(present.map(({ name, identity = name }) => [name, identity]));
  const asked = new Map(
    checked.request.clients.map((text) => {
      const name = identityName(text);
      // Asked for by its name alone, a client keeps the names that it has.
      return [name, text === name ? (known.get(name) ?? text) : text];
    }),
  );
  const added = [...asked].filter(([name, text]) => known.get(name) !== text).map(([, text]) => text);
  const parsed = () => {
    const { servers, peers } = checked;
    const identities = [...new Map([...known, ...asked]).values()].map((text) =>
      readClientIdentity(text, checked.request),
    );
    const clients = nameClients(identities, RESERVED_NAMES, [...servers, ...peers]);
    const withKey = withPublicKeys(publicKeysOf(old));
    return {
      ...checked,
      servers: servers.map(withKey),
      peers: peers.map(withKey),
      clients: clients.map(withKey),
    };
  };
  return { parsed, added };
}

/** The public keys of the parties whose private ones others hold, by name. */
function publicKeysOf({ certificates }: Manifest): Map<string, PublicKey> {
  return new Map(
    certificates.flatMap(({ name, publicKey }) =>
      publicKey === undefined ? [] : [[name, readPublicKey(publicKey)] as const],
    ),
  );
}

async function damagesOf(folder: string, old: Manifest): Promise<Map<string, Damage>> {
  // What its owner edits of .gitignore is no damage to the set.
  const files = old.files.filter(({ path }) => path !== GITIGNORE_NAME);
  const damages = await findDamages(folder, files);
  for (const [path, damage] of findLostOwners(folder, old)) {
    if (!damages.has(path)) damages.set(path, damage);
  }
  return damages;
}
