import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fs from 'fs-extra';
import { environmentError } from '../../store/transaction/file-system.js';
import { membersOf } from '../../util/proc.js';
import { belongsTo, isAlive, markOf, type ProcessMark, realm } from './marks.js';

const PREFIX = 'generate-certs-serve-';
const RECORD = 'processes.json';
/** A folder without a record belongs to a run that has just begun; after this long, in milliseconds, that run is gone. */
const LONGEST_BEGINNING = 60_000;

/** What stands in the record: by it the next run cleans up after one that was killed. */
interface FolderRecord {
  readonly realm: string;
  readonly serve: ProcessMark;
  readonly leaders: readonly ProcessMark[];
}

/** A folder that only this user may enter, with a record of what runs for it. */
export interface PrivateFolder {
  readonly path: string;
  /** Records the leaders of the process groups that were started. */
  readonly record: (leaders: readonly number[]) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** @throws {@link GenerateCertsError} `ERR_FILE_SYSTEM` */
export async function makePrivateFolder(): Promise<PrivateFolder> {
  try {
    // 0700 under any umask, as mkdtemp(3) makes it.
    const path = await fs.mkdtemp(join(await fs.realpath(tmpdir()), PREFIX));
    const record = async (leaders: readonly number[]) => {
      const content: FolderRecord = {
        realm: realm(),
        serve: markOf(process.pid),
        leaders: leaders.map(markOf),
      };
      // Renamed into place: a run that is killed meanwhile leaves the record before.
      await fs.writeJson(join(path, `${RECORD}.new`), content, { mode: 0o600 });
      await fs.rename(join(path, `${RECORD}.new`), join(path, RECORD));
    };
    await record([]).catch(async (error) => {
      await fs.remove(path);
      throw error;
    });
    return { path, record, remove: () => fs.rm(path, { recursive: true, force: true, maxRetries: 3 }) };
  } catch (error) {
    throw environmentError(error, `make a folder in ${tmpdir()}`);
  }
}

/** What a folder of this run would be called: for showing a configuration that is not run. */
export async function examplePrivateFolder(): Promise<string> {
  return join(await fs.realpath(tmpdir()), `${PREFIX}example`);
}

/** Cleans up after runs that were killed themselves: ends what they left running, removes their folders. */
export async function cleanLeftovers(): Promise<void> {
  const parent = await fs.realpath(tmpdir()).catch((error) => {
    throw environmentError(error, `use the temporary folder ${tmpdir()}`);
  });
  const names = await fs.readdir(parent).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(PREFIX))) {
    // Another run may be cleaning up as well.
    await cleanLeftover(join(parent, name)).catch(() => undefined);
  }
}

async function cleanLeftover(path: string): Promise<void> {
  const stats = await fs.lstat(path);
  // In a folder that everybody may write to, a name proves nothing.
  if (!stats.isDirectory() || stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0) return;
  const record = checkRecord(await fs.readJson(join(path, RECORD)).catch(() => undefined));
  if (record === undefined) {
    if (Date.now() - stats.mtimeMs > LONGEST_BEGINNING) await fs.remove(path);
    return;
  }
  if (record.realm === realm()) {
    if (isAlive(record.serve)) return;
    for (const leader of record.leaders) await endGroup(leader, path);
  } else if (sameBoot(record.realm, realm())) {
    // A process namespace of its own (a container with the same temporary folder): its processes cannot be told.
    return;
  }
  await fs.remove(path);
}

function sameBoot(one: string, other: string): boolean {
  return one.split(' ')[0] === other.split(' ')[0];
}

/** Ends a recorded process, and what of its group is known to be the front's. Nothing else is ever killed. */
async function endGroup(leader: ProcessMark, folder: string): Promise<void> {
  const recorded = isAlive(leader);
  const targets = membersOf(leader.pid)
    .filter((pid) => (recorded && pid === leader.pid) || belongsTo(pid, folder))
    .map(markOf);
  if (recorded && targets.length === 0) targets.push(leader);
  for (const target of targets) {
    try {
      if (isAlive(target)) process.kill(target.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  while (targets.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function checkRecord(read: unknown): FolderRecord | undefined {
  try {
    const value = read as FolderRecord;
    const marks = [value.serve, ...value.leaders];
    const valid = marks.every(
      ({ pid, start }) => Number.isSafeInteger(pid) && pid > 0 && typeof start === 'string' && start !== '',
    );
    return valid && typeof value.realm === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
