import { promises as fs, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import { errnoOf } from './file-system.js';

/**
 * The folder within a set's folder in which a run prepares what it is about to change. It is there only
 * while a run writes, or where one was killed.
 *
 * - `claim.…`: one file for each process that writes or would (see lock.ts).
 * - `new/`: the files to be, with their final content, owner and permissions.
 * - `old/`: the files that were, moved here while the new ones are moved in.
 * - `journal.json`: the mark. Once it is there the change will be finished, by the next run.
 */
export const WORK_FOLDER = '.generate-certs';

export interface WorkPaths {
  readonly work: string;
  readonly incoming: string;
  readonly outgoing: string;
  readonly journal: string;
  /** The journal while it is written. */
  readonly draft: string;
}

export function workPaths(folder: string): WorkPaths {
  const work = join(folder, WORK_FOLDER);
  return {
    work,
    incoming: join(work, 'new'),
    outgoing: join(work, 'old'),
    journal: join(work, 'journal.json'),
    draft: join(work, 'journal.draft'),
  };
}

/**
 * What is in the work folder; nothing where there is none.
 *
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY` where something else has its name
 */
export function listWorkFolder(folder: string): string[] | undefined {
  const { work } = workPaths(folder);
  const stats = lstatSync(work, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) {
    throw new GenerateCertsError(
      'ERR_FILE_IN_THE_WAY',
      `${quote(WORK_FOLDER)} is in the way: it is not a folder`,
      'move it away, or choose another folder with --out',
    );
  }
  try {
    return readdirSync(work);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a change is marked to be finished. */
export function isMarked(folder: string): boolean {
  try {
    return lstatSync(workPaths(folder).journal, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Removes what a change left behind that was never marked, or that is done. */
export async function clearWorkFolder(folder: string): Promise<void> {
  const { incoming, outgoing, draft } = workPaths(folder);
  for (const path of [incoming, outgoing, draft]) await removeWhole(path);
}

/** Links are removed, not followed. Tried twice: it may hold keys, and a disk may fail just once. */
async function removeWhole(path: string): Promise<void> {
  const remove = () => fs.rm(path, { recursive: true, force: true });
  await remove().catch(remove);
}
