import { promises as fs } from 'node:fs';
import { GenerateCertsError, quote } from '../../errors.js';
import { DensityCheck } from '../../util/density.js';
import { readRegularFile } from '../../util/regular-file.js';
import { isFilePath, LARGEST_MANIFEST, MANIFEST_NAME } from '../manifest/manifest.js';
import { ifThere } from './file-system.js';
import { WORK_FOLDER, workPaths } from './work-folder.js';

/** A change that is to be finished: what it puts into a set's folder and what it takes out. */
export interface Journal {
  readonly version: 1;
  readonly files: readonly JournalFile[];
  /** Paths, relative to the set's folder, of files that go. */
  readonly removals: readonly string[];
}

export interface JournalFile {
  /** Relative to the set's folder, with `/`. */
  readonly path: string;
  /** SHA-256 over the new content, lower-case hex. */
  readonly sha256: string;
}

/**
 * The journal of a change that was marked and not finished.
 *
 * It may have been edited by anybody, as a manifest may, and names files that will be replaced: whatever
 * this program would not have written itself is refused.
 *
 * @returns nothing where no change is marked
 * @throws {@link GenerateCertsError} `ERR_JOURNAL_INVALID`
 */
export async function readJournal(folder: string): Promise<Journal | undefined> {
  const path = workPaths(folder).journal;
  const stats = await ifThere(fs.lstat(path));
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw journalInvalid('it is not a regular file');
  if (stats.size > LARGEST_MANIFEST) throw journalInvalid(`it has ${stats.size} bytes`);
  const density = new DensityCheck();
  const text = readRegularFile(path, {
    most: LARGEST_MANIFEST,
    onChunk: (chunk) => {
      if (!density.add(chunk)) throw journalInvalid('it is too dense');
    },
  });
  return parseJournal(text.toString('utf8'));
}

/** @throws {@link GenerateCertsError} `ERR_JOURNAL_INVALID` */
export function parseJournal(text: string): Journal {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw journalInvalid('it is not JSON');
  }
  const { version, files, removals } = (value ?? {}) as Record<string, unknown>;
  if (version !== 1) throw journalInvalid(`its version is ${quote(version)}, not 1`);
  if (!Array.isArray(files) || !Array.isArray(removals)) throw journalInvalid('it lists no files');
  for (const file of files) {
    const { path, sha256 } = (file ?? {}) as Record<string, unknown>;
    if (!isReplaceablePath(path)) throw journalInvalid(`a path is ${quote(path)}`);
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw journalInvalid(`a sha256 is ${quote(sha256)}`);
    }
  }
  const wrong = removals.find((path) => !isReplaceablePath(path));
  if (wrong !== undefined) throw journalInvalid(`a path is ${quote(wrong)}`);
  return value as Journal;
}

function isReplaceablePath(path: unknown): boolean {
  return path === MANIFEST_NAME || isFilePath(path);
}

export function journalInvalid(problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_JOURNAL_INVALID',
    `${WORK_FOLDER}/journal.json is not a journal of this program: ${problem}`,
    `look into ${WORK_FOLDER} and remove it, or make the set again with --force`,
  );
}
