// What a configuration file says, as values that know where they stand.
import type { Alias, Node, Pair, Scalar } from 'yaml';
import { foreignText, quote } from '../../errors.js';
import { type Blame, tooDeep, unknownTag, YAML_HINT } from './document.js';

/** A value of a configuration file. */
export interface Located {
  readonly value: unknown;
  /** Where it begins, in characters from the file's beginning. */
  readonly at: number;
  /** A scalar as it was written, where that is not its value: `0644` for 644. */
  readonly source?: string | undefined;
  /** What a list or a mapping holds. */
  readonly entries?: readonly LocatedEntry[] | undefined;
}

/** A key of a mapping, or an item of a list, with its value. */
export interface LocatedEntry {
  readonly key: string | number;
  /** Where the key, or the item, begins. */
  readonly at: number;
  readonly located: Located;
}

/** How many values aliases may stand for: an anchor of anchors of anchors stands for millions. */
const MOST_VALUES = 1_000_000;
/** How deep lists and mappings may stand in one another: no option needs more than four. */
const DEEPEST = 20;

/** What an explicit tag may be: those of JSON's own kinds of values. */
const PLAIN_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/**
 * Reads the values of a document that is not empty.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIGURATION_INVALID`, which says where
 */
export async function locate(root: Node, blame: Blame): Promise<Located> {
  return new Reader(blame, await import('yaml')).read(root, 0, 0);
}

type Yaml = typeof import('yaml');

class Reader {
  readonly #blame: Blame;
  readonly #yaml: Yaml;
  /** The last node of each anchor so far; the parser's own look-up reads the whole file for each alias. */
  readonly #anchors = new Map<string, Node>();
  /** What was read before, with how many values it holds: aliases are not read again. */
  readonly #known = new Map<Node, { readonly located: Located; readonly size: number }>();
  /** What is being read: an alias in its own anchor has no end. */
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(blame: Blame, yaml: Yaml) {
    this.#blame = blame;
    this.#yaml = yaml;
  }

  /** @param around where the list or the mapping begins that it stands in */
  read(node: Node | null, around: number, depth: number): Located {
    if (node === null) return { value: null, at: around };
    const at = node.range?.[0] ?? around;
    if (this.#yaml.isAlias(node)) return { ...this.#readAlias(node, at, depth), at };
    this.#remember(node);
    const known = this.#known.get(node);
    if (known !== undefined) {
      this.#count(known.size, at);
      return known.located;
    }
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) throw unknownTag(at, node.tag, this.#blame);
    if (depth > DEEPEST) throw tooDeep(at, this.#blame);
    const before = this.#values;
    this.#count(1, at);
    this.#open.add(node);
    const located = this.#readContent(node, at, depth);
    this.#open.delete(node);
    this.#known.set(node, { located, size: this.#values - before });
    return located;
  }

  #readContent(node: Node, at: number, depth: number): Located {
    if (this.#yaml.isMap<Scalar, Node | null>(node)) return this.#readMapping(node.items, at, depth);
    if (this.#yaml.isSeq<Node | null>(node)) return this.#readList(node.items, at, depth);
    const { value, source } = node as Scalar;
    return { value, at, source: typeof value === 'string' ? undefined : source };
  }

  #readAlias(alias: Alias, at: number, depth: number): Located {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      throw this.#blame(
        at,
        `there is no anchor &${foreignText(alias.source, 80)} before this alias`,
        YAML_HINT,
      );
    }
    if (this.#open.has(target)) {
      throw this.#blame(at, 'this alias stands in its own anchor', 'write the values out');
    }
    return this.read(target, at, depth);
  }

  #readMapping(pairs: readonly Pair<Scalar, Node | null>[], at: number, depth: number): Located {
    const value: Record<string, unknown> = {};
    const entries = pairs.map((pair): LocatedEntry => {
      const keyAt = pair.key.range?.[0] ?? at;
      this.#remember(pair.key);
      const key = String(pair.key.value);
      if (key === '<<') throw this.#blame(keyAt, "YAML 1.2 has no merge key '<<'", 'write the keys out');
      if (Object.hasOwn(value, key)) {
        throw this.#blame(keyAt, `the key ${quote(key)} is there a second time`, 'keep one of the two');
      }
      const located = this.read(pair.value, keyAt, depth + 1);
      // A plain assignment would set the prototype where the key is __proto__.
      Object.defineProperty(value, key, { value: located.value, enumerable: true });
      return { key, at: keyAt, located };
    });
    return { value, at, entries };
  }

  #readList(items: readonly (Node | null)[], at: number, depth: number): Located {
    const entries = items.map((item, key): LocatedEntry => {
      const located = this.read(item, at, depth + 1);
      return { key, at: located.at, located };
    });
    return { value: entries.map(({ located }) => located.value), at, entries };
  }

  #remember(node: Node): void {
    if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #count(values: number, at: number): void {
    this.#values += values;
    if (this.#values <= MOST_VALUES) return;
    throw this.#blame(at, `the aliases stand for more than ${MOST_VALUES} values`, 'write the values out');
  }
}
