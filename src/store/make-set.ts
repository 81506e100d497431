import { printable, quote } from '../errors.js';
import { createSet } from '../layouts/create.js';
import { dnsSubtrees } from '../pki/issue/issue.js';
import type { PartyCredential } from '../pki/issue/party.js';
import { type Reissue, reissue, type SetRemains } from '../pki/issue/renew.js';
import { identityText } from '../pki/names/identity.js';
import { partiesOf } from '../pki/names/party-names.js';
import { peersOf, serversOf } from '../pki/names/server.js';
import type { ParsedServer } from '../pki/request.js';
import type { CertificateSet } from '../pki/set.js';
import type { IssuingWork, Work } from '../pki/workers/work.js';
import { formatMode } from '../request/key-access.js';
import type { LockOptions } from '../request/options.js';
import { debug } from '../util/debug.js';
import { withBroughtAuthority } from './brought/read-folder.js';
import { type EnsureResult, type SetFound, unchanged } from './ensure-result.js';
import { GITIGNORE_NAME, isIgnoredByGit, type Manifest } from './manifest/manifest.js';
import { GITIGNORE, manifestFile, publicFile, SetPlanner } from './manifest/plan.js';
import { readRemains } from './manifest/remains.js';
import { statFolder } from './out-folder.js';
import { isEmpty, refuseObstacles } from './ownership/obstacles.js';
import { pathsToMake } from './ownership/paths-to-make.js';
import { environmentError } from './transaction/file-system.js';
import { unlessInterrupted } from './transaction/interruption.js';
import type { FolderLock } from './transaction/lock.js';
import { withLock } from './transaction/recover.js';
import { replaceFiles } from './transaction/replace.js';
import { Staging } from './transaction/staging.js';
import { planWrite, REPLACE_HINT, writeSet } from './write.js';

/** How a set is made, checked. */
export interface MakeSetOptions {
  readonly force: boolean;
  /** Looks what there is to make. */
  readonly look: () => Promise<SetFound>;
  readonly lockOptions: LockOptions;
  readonly onProgress: Work['onProgress'];
}

type Made = Omit<EnsureResult, 'warnings'>;

/** Makes a set in a folder as its one writer, unless another run has done so meanwhile. */
export async function makeSet(
  folder: string,
  { force, look, lockOptions, onProgress }: MakeSetOptions,
): Promise<Made> {
  const { signal } = lockOptions;
  try {
    return await withLock(folder, { ...lockOptions, create: true, force }, async (lock) => {
      const found = await look();
      if (found.old !== undefined && found.shortfall === undefined) {
        debug('freshness', () => `another run has made the set in ${quote(folder)} meanwhile`);
        return unchanged(await keepFromGit(lock, found.old));
      }
      return makeInto(lock, found, { force, work: { signal, onProgress } });
    });
  } catch (error) {
    throw environmentError(error, `write the set to ${printable(folder)}`);
  }
}

/** What {@link makeSet} would do: the set is made in memory, and nothing is written. */
export async function rehearseSet(
  folder: string,
  { force, look, lockOptions }: MakeSetOptions,
): Promise<Made> {
  const found = await look();
  if (found.old !== undefined && found.shortfall === undefined) return unchanged(found.old);
  if (statFolder(folder)) await refuseForeign(folder, found, force);
  const { set, ...made } = await build(folder, found, { signal: lockOptions.signal });
  const isNew = !statFolder(folder);
  const planner = new SetPlanner(set.request.layouts, found.access, found.password);
  const ignoredByGit = isNew || isIgnoredByGit(found.old);
  const { manifest, changes } = await planWrite(folder, planner.plan(set, ignoredByGit), {
    ...found,
    force,
    isNew,
  });
  return { manifest, ...made, changed: true, ...changes };
}

/**
 * Makes a set and writes it. Its clients' files are written while worker threads make more clients, into the
 * work folder, which no other program reads: the change begins when the last of them is written.
 */
async function makeInto(
  lock: FolderLock,
  found: SetFound,
  { force, work }: { readonly force: boolean; readonly work: Work },
): Promise<Made> {
  const planner = new SetPlanner(found.checked.request.layouts, found.access, found.password);
  const staging = new Staging(lock.folder);
  const onParties = (parties: readonly PartyCredential[]) => {
    for (const party of parties) for (const file of planner.filesOf(party)) staging.write(file);
  };
  try {
    await refuseForeign(lock.folder, found, force);
    await staging.begin();
    const building = build(lock.folder, found, { ...work, onParties });
    const { set, ...made } = await unlessInterrupted(building, work.signal);
    staging.beginSync(work.signal);
    const { manifest, changes } = await writeSet(lock, set, {
      ...found,
      force,
      work,
      begun: { planner, staging },
    });
    return { manifest, ...made, changed: true, ...changes };
  } catch (error) {
    await staging.abandon().catch(() => undefined);
    throw error;
  }
}

/**
 * What is in the way of new files is told before a key is made. Files that the old set has are looked at when it is
 * known which of them will be replaced.
 */
async function refuseForeign(folder: string, { old, parsed }: SetFound, force: boolean): Promise<void> {
  if (isEmpty(folder)) return;
  const known = new Set(old?.files.map(({ path }) => path));
  const paths = pathsToMake(parsed()).filter((path) => !known.has(path));
  await refuseObstacles(folder, paths, old, { force, hint: REPLACE_HINT });
}

type Built = Pick<EnsureResult, 'outcome' | 'reasons'> & { readonly set: CertificateSet };

/** Makes what the set lacks, or all of it. */
async function build(folder: string, found: SetFound, work: IssuingWork): Promise<Built> {
  const { old, shortfall } = found;
  const now = new Date();
  const { request: parsed } = await withBroughtAuthority(found.parsed(), now);
  if (old === undefined || shortfall === undefined || shortfall.reissue === 'all') {
    return { set: await createSet(parsed, now, work), outcome: 'created', reasons: [] };
  }
  const remains = await readRemains(folder, old, found.damages, parsed.root);
  const reasons = [...shortfall.reasons];
  let how: Reissue = shortfall.reissue;
  const reason = how === 'authority' ? undefined : whyNewAuthority(remains, found);
  if (reason !== undefined) {
    how = 'authority';
    reasons.push(reason);
  }
  const kept = how === 'missing' ? keptBy(remains, old, found) : remains;
  const set = await reissue(how, kept, parsed, now, work);
  return { set, outcome: OUTCOMES[how], reasons };
}

const OUTCOMES = { missing: 'updated', life: 'renewed', authority: 'replaced' } as const;

/** Why the CA that is there cannot sign what is asked for; nothing where it can. */
function whyNewAuthority({ hierarchy }: SetRemains, { checked, parsed }: SetFound): string | undefined {
  const { ca } = checked.request;
  if (hierarchy === undefined) {
    return ca === null
      ? "the CA's certificate or private key is lost"
      : `the CA in ${ca} is another one, or an intermediate is lost`;
  }
  // What the CA of another folder may sign was checked before.
  if (ca !== null) return undefined;
  const permitted = hierarchy.root.permittedDnsNames;
  if (permitted === undefined) return undefined;
  const outside = dnsSubtrees(partiesOf(parsed())).find(
    (name) => !permitted.some((subtree) => name === subtree || name.endsWith(`.${subtree}`)),
  );
  return outside === undefined ? undefined : `the CA's name constraints forbid ${outside}`;
}

/**
 * What stays as it is: a new key type changes every certificate whose key is the set's, new names those of their
 * server, and those of the first server the servers to refuse, which are like it.
 */
function keptBy(remains: SetRemains, old: Manifest, { checked, parsed }: SetFound): SetRemains {
  const asked = new Map(partiesOf(parsed()).map((party) => [party.name, party]));
  const before = new Map(
    [...serversOf(old.request), ...peersOf(old.request)].map((party) => [party.name, party]),
  );
  const sameKeys = checked.request.key === old.request.key;
  const samePlainSan = checked.request.plainSan === old.request.plainSan;
  const stays = ({ role, name, identity, isKeyElsewhere }: PartyCredential) => {
    const party = asked.get(name);
    if (party === undefined || party.role !== role || !(sameKeys || isKeyElsewhere)) return false;
    return party.role === 'client'
      ? samePlainSan && identityText(party.identity) === identity
      : sameNames(party, before.get(name));
  };
  const parties = new Map([...remains.parties].filter(([, credential]) => stays(credential)));
  if (!sameKeys || !samePlainSan) {
    return { ...remains, parties, untrusted: new Map(), untrustedServers: new Map() };
  }
  const [first] = serversOf(old.request);
  const [model] = parsed().servers;
  const sameModel = first !== undefined && model !== undefined && sameNames(model, first);
  return { ...remains, parties, untrustedServers: sameModel ? remains.untrustedServers : new Map() };
}

function sameNames(one: ParsedServer, other: ParsedServer | undefined): boolean {
  const text = ({ names }: ParsedServer) => names.map(({ value }) => value).join('\n');
  return other !== undefined && text(one) === text(other);
}

/** Where this run made the folder and another one, quicker, the set in it: its keys still are not for git. */
async function keepFromGit(lock: FolderLock, manifest: Manifest): Promise<Manifest> {
  if (!lock.madeFolder || isIgnoredByGit(manifest)) return manifest;
  const ignore = publicFile(GITIGNORE_NAME, GITIGNORE);
  const hint = 'move it away and run again';
  await refuseObstacles(lock.folder, [ignore.path], manifest, { force: false, hint });
  const entry = { path: ignore.path, mode: formatMode(ignore.mode), sha256: ignore.sha256 };
  const changed = { ...manifest, files: [...manifest.files, entry] };
  await replaceFiles(lock, { files: [ignore, manifestFile(changed)], removals: [] });
  return changed;
}
