import { FIELD_ENTRIES, type FieldName } from './fields.js';
import type { LayoutRegistry } from './layout-rules.js';

/**
 * Options with others added to them, as a command line adds to a configuration file: a list joins the list that is
 * there, each item once; a mapping joins the mapping; every other value replaces the one that is there. The word that
 * stands for an empty list takes the place of a list, and gives way to one that is added.
 *
 * @throws {@link GenerateCertsError} where a list that is to be joined is none
 */
export function joinOptions<Options extends { readonly [Name in FieldName]?: unknown }>(
  options: Options,
  added: Options,
  layouts: LayoutRegistry,
): Options {
  const joined = FIELD_ENTRIES.flatMap(([name, { repeats, emptyWord, parse }]) => {
    const [old, more] = [options[name], added[name]];
    if (more === undefined) return [];
    if (old === undefined || repeats === undefined) return [[name, more]];
    // What is no list could join one unseen.
    parse(more, layouts);
    return [[name, join(old, more, emptyWord)]];
  });
  return { ...added, ...options, ...Object.fromEntries(joined) };
}

function join(old: unknown, more: unknown, emptyWord: string | undefined): unknown {
  if (isMapping(old) && isMapping(more)) return { ...old, ...more };
  const [before, after] = [[old].flat(), [more].flat()];
  if (emptyWord !== undefined && after.includes(emptyWord)) return more;
  return [...new Set([...before.filter((item) => item !== emptyWord), ...after])];
}

function isMapping(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
