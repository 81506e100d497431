import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GenerateCertsError, printable, quote, type Warning } from '../../errors.js';
import { readIfRegular, readRegularFile } from '../../util/regular-file.js';
import { environmentError, errnoOf } from '../transaction/file-system.js';

/** The names under which a configuration file is looked for; the first that is there is read. */
const FILE_NAMES = ['generate-certs.yaml', 'generate-certs.yml', 'generate-certs.json'] as const;

/** Where the configuration may be a part of a file. */
const PACKAGE = 'package.json';
export const PACKAGE_KEY = 'generate-certs';

/** The largest configuration file, in bytes: what is parsed is bounded first. */
const LARGEST = 1_000_000;

/** A configuration file that is there, unread. */
export interface FoundConfiguration {
  /** Its path as it was given, or from the folder that was given. */
  readonly file: string;
  readonly content: Buffer;
  /** Whether the configuration is one key of the file, as in a package.json. */
  readonly isPackage: boolean;
  readonly warnings: readonly Warning[];
}

/**
 * The configuration file of a folder.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIGURATION_INVALID` or `ERR_FILE_SYSTEM`
 */
export function findConfiguration(folder: string): FoundConfiguration | undefined {
  const inPackage = hasPackageKey(join(folder, PACKAGE)) ? [PACKAGE] : [];
  for (const [index, name] of FILE_NAMES.entries()) {
    const file = join(folder, name);
    const content = readIfThere(file);
    if (content === undefined) continue;
    const others = FILE_NAMES.slice(index + 1).filter((other) => existsSync(join(folder, other)));
    return { file, content, isPackage: false, warnings: passedOver(name, [...others, ...inPackage]) };
  }
  return inPackage.length === 0 ? undefined : openConfiguration(join(folder, PACKAGE));
}

/**
 * A configuration file that was named.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIGURATION_INVALID` or `ERR_FILE_SYSTEM`
 */
export function openConfiguration(file: string): FoundConfiguration {
  if (file === '' || file.includes('\0')) {
    throw new GenerateCertsError(
      'ERR_CONFIGURATION_INVALID',
      `${quote(file)} is not the name of a file`,
      'name the configuration file, such as generate-certs.yaml',
    );
  }
  const content = readIfThere(file);
  if (content === undefined) {
    throw new GenerateCertsError(
      'ERR_CONFIGURATION_INVALID',
      `there is no configuration file ${quote(file)}`,
      'name one that is there, or leave it out',
    );
  }
  return { file, content, isPackage: basename(file) === PACKAGE, warnings: [] };
}

/** The content of a file; nothing where there is none. */
function readIfThere(file: string): Buffer | undefined {
  try {
    return readRegularFile(file, { most: LARGEST, followLinks: true });
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    // A folder that may not be searched has nothing in it for this user.
    if (errno === 'EACCES' && !canBeSeen(file)) return undefined;
    const problem = UNFIT[errno];
    if (problem === undefined) throw environmentError(error, `read ${printable(file)}`);
    throw new GenerateCertsError(
      'ERR_CONFIGURATION_INVALID',
      `the configuration file ${quote(file)} ${problem}`,
      'put a regular file of at most 1 MB there',
      { cause: error },
    );
  }
}

const UNFIT: Readonly<Record<string, string>> = {
  EFBIG: 'is larger than 1 MB',
  EFTYPE: 'is not a regular file',
  EISDIR: 'is a folder, not a file',
  ELOOP: 'is a symbolic link that leads in a circle',
  ENAMETOOLONG: 'has a name that is too long',
  ENXIO: 'is not a regular file',
};

function canBeSeen(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

/** What is worth telling where no file was found: the folder may have one that this user cannot see. */
export function unseenWarnings(folder: string): Warning[] {
  try {
    accessSync(folder, constants.X_OK);
    return [];
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') return [];
    return [
      {
        message: `no configuration file is looked for in ${quote(folder)}: permission denied`,
        hint: 'run in a folder that this user may read, or give --no-config',
      },
    ];
  }
}

/** Whether a package.json has the key. Most have not, and are not parsed for it. */
function hasPackageKey(file: string): boolean {
  const text = readIfRegular(file);
  if (!text.includes(`"${PACKAGE_KEY}"`)) return false;
  try {
    return Object.hasOwn(JSON.parse(text.replace(/^\uFEFF/, '')), PACKAGE_KEY);
  } catch {
    // What is wrong with it is told where its place is known.
    return true;
  }
}

function passedOver(name: string, others: readonly string[]): Warning[] {
  if (others.length === 0) return [];
  return [
    {
      message: `${name} is read, and ${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'} not`,
      hint: 'keep the configuration in one file, or name the one that is meant with --config',
    },
  ];
}
