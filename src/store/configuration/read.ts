import { resolve } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import { LAYOUTS } from '../../layouts/index.js';
import type { Field } from '../../request/field.js';
import { FIELD_ENTRIES } from '../../request/fields.js';
import { nearest } from '../../util/suggest.js';
import type { EnsureOptions } from '../write-options.js';
import { type Blame, parseDocument } from './document.js';
import type { FoundConfiguration } from './find.js';
import { type Located, locate } from './located.js';

/** What a configuration file may say. */
const KNOWN: ReadonlyMap<string, Field> = new Map(
  FIELD_ENTRIES.filter(([, { schema }]) => schema !== undefined),
);

/** For editors: which schema the file follows. JSON has no comments to say it in. */
const SCHEMA_KEY = '$schema';

/**
 * The options that a configuration file asks for, each checked by itself.
 *
 * @param base the folder that the file's paths start from
 * @throws {@link GenerateCertsError} which says where in the file
 */
export async function readConfigurationOptions(
  found: FoundConfiguration,
  base: string,
): Promise<EnsureOptions> {
  const { root: node, blame } = await parseDocument(found);
  if (node === undefined) return {};
  const root = await locate(node, blame);
  if (root.entries === undefined || Array.isArray(root.value)) {
    throw blame(
      root.at,
      `${quote(root.value)} stands where the options should be`,
      'write each option as a key and its value, such as names: [api.test]',
    );
  }
  const options = root.entries.flatMap(({ key, at, located }) => {
    if (key === SCHEMA_KEY) return [];
    const field = KNOWN.get(String(key));
    if (field === undefined) throw unknownKey(String(key), at, blame);
    check(field, located, blame);
    const { value } = located;
    return [[key, field.isPath === true && typeof value === 'string' ? resolve(base, value) : value]];
  });
  return Object.fromEntries(options);
}

/** The error of a value, if it has one. */
type Judge = (value: unknown) => GenerateCertsError | undefined;

function check(field: Field, located: Located, blame: Blame): void {
  const judge: Judge = (value) => {
    try {
      field.parse(value, LAYOUTS);
      return undefined;
    } catch (error) {
      if (error instanceof GenerateCertsError) return error;
      throw error;
    }
  };
  const error = judge(located.value);
  if (error === undefined) return;
  const culprit = findCulprit(located, (value) =>
    judge(value)?.message === error.message ? error : undefined,
  );
  const { at, source } = culprit;
  // 600 is a number in YAML, and what is wanted is a text: the value itself may be right.
  const inQuotes = source !== undefined && judge(culprit.rebuild(source)) === undefined;
  throw blame(at, error.message, inQuotes ? `write it in quotes: '${source}'` : error.hint, error.code);
}

interface Culprit {
  readonly at: number;
  readonly source: string | undefined;
  /** The whole value with another in the culprit's place, and nothing beside it. */
  readonly rebuild: (value: unknown) => unknown;
}

/** The smallest part of a value that has the same error by itself: of a list that is wrong, the item. */
function findCulprit(
  { value, source, entries = [], at }: Located,
  judge: Judge,
  rebuild: (value: unknown) => unknown = (whole) => whole,
): Culprit {
  for (const entry of entries) {
    const around = (part: unknown) => rebuild(Array.isArray(value) ? [part] : { [entry.key]: part });
    if (judge(around(entry.located.value)) === undefined) continue;
    const isKey = !Array.isArray(value) && judge(around(undefined)) !== undefined;
    if (isKey) return { at: entry.at, source: undefined, rebuild: around };
    return findCulprit(entry.located, judge, around);
  }
  return { at, source, rebuild };
}

function unknownKey(key: string, at: number, blame: Blame): GenerateCertsError {
  return blame(at, `${quote(key)} is not a key of the configuration`, hintForKey(key));
}

function hintForKey(key: string): string {
  if (key === 'out') return 'the folder is given on the command line, with --out';
  // An option of a single run, or one by its name on the command line.
  const [name, field] = FIELD_ENTRIES.find(([field, { flag }]) => field === key || flag?.long === key) ?? [];
  if (field?.flag !== undefined && field.schema === undefined) {
    return `it is for a single run: give --${field.flag.long} on the command line`;
  }
  const known = [...KNOWN.keys()];
  const meant = field?.schema === undefined ? nearest(key, known) : name;
  return meant === undefined ? `known: ${known.join(', ')}` : `did you mean '${meant}'?`;
}
