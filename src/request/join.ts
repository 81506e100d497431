import { FIELD_ENTRIES, type FieldName } from './fields.js';
import type { LayoutRegistry } from './layout-rules.js';

/**
 * The options of a configuration file with those that a command line adds to them: lists join the file's lists, and
 * every other value replaces the file's.
 *
 * @throws {@link GenerateCertsError} where a value that is to join the file's is wrong
 */
export function joinOptions<Options extends { readonly [Name in FieldName]?: unknown }>(
  ofFile: Options,
  added: Options,
  layouts: LayoutRegistry,
): Options {
  const joined = FIELD_ENTRIES.flatMap(([name, { join, parse }]) => {
    const [old, more] = [ofFile[name], added[name]];
    if (more === undefined) return [];
    if (old === undefined || join === undefined) return [[name, more]];
    parse(more, layouts);
    return [[name, join(old, more)]];
  });
  return { ...added, ...ofFile, ...Object.fromEntries(joined) };
}
