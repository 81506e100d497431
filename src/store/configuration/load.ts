import { dirname, resolve } from 'node:path';
import { GenerateCertsError, quote, type Warning } from '../../errors.js';
import { LAYOUTS } from '../../layouts/index.js';
import { FIELDS } from '../../request/fields.js';
import { joinOptions } from '../../request/join.js';
import { OPTIONS_EXAMPLE } from '../../request/request.js';
import { readOptions } from '../../util/options.js';
import type { EnsureOptions } from '../write-options.js';
import { findConfiguration, openConfiguration, unseenWarnings } from './find.js';

/**
 * Which configuration file is read, and what is added to it.
 *
 * @example
 * ```ts
 * const added: ConfigurationOptions = { folder: '.', add: { clients: ['alice'] } };
 * const { options } = await loadConfiguration(added);
 * ```
 */
export interface ConfigurationOptions {
  /**
   * The folder in which `generate-certs.yaml`, `generate-certs.yml`, `generate-certs.json` and the key
   * `generate-certs` of `package.json` are looked for, in this order.
   * @default the current folder
   */
  readonly folder?: string | undefined;
  /** The file itself, which must be there; `folder` is not looked into then. */
  readonly file?: string | undefined;
  /**
   * Options that are added to those of the file, as the command line's are: lists join the file's lists, the word
   * `none` takes a list's place, and every other value replaces the file's.
   * @default {}
   */
  readonly add?: EnsureOptions | undefined;
}

/**
 * What a configuration file asks for.
 *
 * @example
 * ```ts
 * const { file, options }: Configuration = await loadConfiguration();
 * console.log(file ?? 'there is no file', options.names);
 * ```
 */
export interface Configuration {
  /** The file that was read; nothing where there is none. */
  readonly file: string | undefined;
  /** What the file and `add` ask for together. */
  readonly options: EnsureOptions;
  readonly warnings: readonly Warning[];
}

/**
 * Reads the configuration file, as the command line does before it makes a set: `generate-certs.yaml` in the current
 * folder where there is one. The options are for {@link ensureCertificateSet}.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIGURATION_INVALID`, or the code of the option that is wrong; the message
 * begins with the file, the line and the column
 * @example
 * ```ts
 * const { options } = await loadConfiguration();
 * const { manifest } = await ensureCertificateSet('certs', options);
 * ```
 */
export async function loadConfiguration(options: ConfigurationOptions = {}): Promise<Configuration> {
  const given = readOptions(options, ['folder', 'file', 'add'], "{ folder: '.' }");
  const { folder = '.', file } = given;
  checkText('folder', folder);
  if (file !== undefined) checkText('file', file);
  const add = readOptions(given.add ?? {}, Object.keys(FIELDS), OPTIONS_EXAMPLE);
  const found = file === undefined ? findConfiguration(folder) : openConfiguration(file);
  if (found === undefined) return { file: undefined, options: add, warnings: unseenWarnings(folder) };
  // Most runs have no file, and start without what reads one.
  const { readConfigurationOptions } = await import('./read.js');
  const ofFile = await readConfigurationOptions(found, resolve(dirname(found.file)));
  return { file: found.file, options: joinOptions(ofFile, add, LAYOUTS), warnings: found.warnings };
}

function checkText(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option '${name}' is ${quote(value)}, not a path`,
    `give the path of a ${name}`,
  );
}
