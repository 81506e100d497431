import fs from 'fs-extra';
import { GenerateCertsError, quote } from '../errors.js';
import { environmentError, ifThere } from '../store/transaction/file-system.js';
import { readRegularFile } from '../util/regular-file.js';

/** What the file that says "ready" holds. */
export interface ReadyState {
  readonly grpc: string | null;
  readonly rest: string | null;
  readonly pid: number;
  /** When the process began: with the process id it names one process alone. */
  readonly start: string;
}

const MARK = 'generate-certs serve';

/**
 * Removes what an earlier run left, so that it is not taken for this one's.
 *
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY` where another program's file has the name
 */
export async function clearReadyFile(path: string): Promise<void> {
  try {
    const text = await ifThere(Promise.resolve().then(() => readRegularFile(path).toString('utf8')));
    if (text === undefined) return;
    if (!isOwn(text)) {
      throw new GenerateCertsError(
        'ERR_FILE_IN_THE_WAY',
        `this program did not write ${quote(path)}`,
        'choose another path with --ready-file, or remove the file',
      );
    }
    await fs.rm(path, { force: true });
  } catch (error) {
    throw environmentError(error, `use ${path} as the ready file`);
  }
}

function isOwn(text: string): boolean {
  try {
    return JSON.parse(text).by === MARK;
  } catch {
    return false;
  }
}

/** Writes it whole: a reader who sees it can read it. */
export async function writeReadyFile(path: string, state: ReadyState): Promise<void> {
  try {
    await fs.writeJson(`${path}.${process.pid}`, { by: MARK, ...state }, { flag: 'wx' });
    await fs.rename(`${path}.${process.pid}`, path);
  } catch (error) {
    throw environmentError(error, `write ${path}`);
  }
}
