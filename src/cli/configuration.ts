import { type Configuration, loadConfiguration } from '../store/configuration/load.js';
import type { EnsureOptions } from '../store/write-options.js';
import type { Terminal } from './terminal/terminal.js';

/**
 * What the command line asks for, with what the configuration file does.
 *
 * @param options.config the file that was named; false where none is to be read
 */
export async function configured(
  given: EnsureOptions,
  { config }: { readonly config?: string | false | undefined },
  terminal: Terminal,
): Promise<Configuration> {
  if (config === false) return { file: undefined, options: given, warnings: [] };
  const configuration = await loadConfiguration({ file: config, add: given });
  for (const warning of configuration.warnings) terminal.warn(warning);
  return configuration;
}
