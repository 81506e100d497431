import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { quote } from '../../errors.js';
import { type FindingKind, type FlagFinding, warning, wrong } from './finding.js';

/** What a flag gives to the server: PEM text, and how a message names it. */
export interface Material {
  readonly flag: string;
  readonly label: string;
  readonly text: string;
}

/** More than any PEM file of a server holds: a device or a log is not read to its end. */
const LARGEST_FILE = 4 * 1024 * 1024;

/** Reads a file that a flag names, and says what keeps the server from reading it. */
export async function readGiven(
  flag: string,
  path: string,
  findings: FlagFinding[],
): Promise<Buffer | undefined> {
  const reject = (kind: FindingKind, problem: string, hint: string) => {
    findings.push(wrong(kind, flag, `${quote(path)} ${problem}`, hint));
    return undefined;
  };
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return reject('file-irregular', 'is not a file', 'give the path of a file');
    if (stats.size === 0) return reject('file-empty', 'is empty', 'make it again');
    if (stats.size > LARGEST_FILE) {
      return reject('file-too-large', 'is too large for a PEM file', 'give the path of a PEM file');
    }
    await access(path, constants.R_OK);
    return await readFile(path);
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return missing
      ? reject('file-missing', 'does not exist', 'paths are seen from where the server starts')
      : reject('file-unreadable', 'cannot be read', 'the user who starts the server must be able to read it');
  }
}

/** Reads a PEM file that a flag names; nothing where it is no text that C-core reads as PEM. */
export async function readPemFile(
  flag: string,
  path: string | undefined,
  findings: FlagFinding[],
): Promise<Material | undefined> {
  if (path === undefined) return undefined;
  const content = await readGiven(flag, path, findings);
  return content === undefined ? undefined : pemMaterial(flag, quote(path), content, findings);
}

/** C-core wants each PEM block to begin a line of ASCII text; OpenSSL's own programs are more lenient. */
export function pemMaterial(
  flag: string,
  label: string,
  content: Buffer,
  findings: FlagFinding[],
): Material | undefined {
  const reject = (kind: FindingKind, problem: string, hint: string) => {
    findings.push(wrong(kind, flag, `${label} ${problem}`, hint));
    return undefined;
  };
  if (content.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf))) {
    return reject('byte-order-mark', 'begins with a byte order mark', 'save it without one: UTF-8, no BOM');
  }
  if (isUtf16(content)) {
    return reject('utf-16', 'is text in UTF-16', 'save it as ASCII or UTF-8 without a byte order mark');
  }
  // The tag of a SEQUENCE, which is what certificates, keys and PKCS #12 files begin with.
  if (content[0] === 0x30 && !content.includes('-----BEGIN ')) {
    return reject('der', 'is binary (DER or PKCS #12), not PEM', 'convert it to PEM with openssl');
  }
  return { flag, label, text: content.toString('utf8') };
}

function isUtf16(content: Buffer): boolean {
  const [first, second] = content;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return content.length >= 2 && (first === 0) !== (second === 0);
}

/** Warns of a key file that every user of the machine can read. */
export async function keyAccessFindings(flag: string, path: string): Promise<FlagFinding[]> {
  const { mode } = await stat(path);
  if (process.platform === 'win32' || (mode & 0o007) === 0) return [];
  const message = `${quote(path)} may be read by every user of this machine (mode ${(mode & 0o777).toString(8)})`;
  return [warning('key-readable-by-others', flag, message, 'take the right away: chmod o= and the file')];
}
