import { GenerateCertsError, quote, type Warning } from '../errors.js';
import type { Certificate } from '../pki/issue/certificate.js';
import type { KeyType } from '../pki/keys/key-types.js';
import { AUTHORITY_NAMES } from '../pki/names/authority-names.js';
import type { ParsedRequest } from '../pki/request.js';
import { textOf } from '../util/options.js';
import { hintForUnknown } from '../util/suggest.js';

/** What a request must know of a layout. */
export interface LayoutRules {
  readonly name: string;
  /** The program that reads the files, as a person would say it. */
  readonly consumer: string;
  /** Whether a set has this layout when no layout is asked for. */
  readonly madeByDefault: boolean;
  /** The key types of servers and clients that the consumer accepts, the best first. */
  readonly keyTypes: readonly KeyType[];
  /** Why the consumer does not accept a key type, for a warning; nothing for a type that it accepts. */
  keyTypeProblem(type: KeyType): string | undefined;
  /** Those of the types with a problem that no configuration of the consumer helps with: a set of them is refused. */
  readonly unreadableKeyTypes?: readonly KeyType[];
  /**
   * Why the consumer does not load a private key with these permissions and this owner; nothing where it does. Every
   * consumer without this loads any key that it may read.
   *
   * @param access `uid` is not known on Windows
   */
  keyAccessProblem?(access: { readonly mode: number; readonly uid: number | undefined }): string | undefined;
  /** File names, without the extension and in lower case, that no client may take. */
  readonly reservedNames: readonly string[];
  /** Whether the layout has files with which its consumer signs as the set's CA does. */
  readonly takesIssuer?: true;
  /**
   * Checks the whole request before anything is made.
   *
   * @returns what the user should know
   * @throws {@link GenerateCertsError} where the consumer cannot work with such a set
   */
  check?(request: ParsedRequest): readonly Warning[];
  /** False where {@link LayoutRules.check} does not look at the parties: then it need not look again at one more. */
  readonly checksParties?: false;
  /**
   * Checks a CA that the set does not make itself.
   *
   * @throws {@link GenerateCertsError} where the consumer cannot work with certificates of this CA
   */
  checkAuthority?(authority: Certificate, request: ParsedRequest): void;
}

/** The layouts that there are, in the order in which their files are listed. */
export type LayoutRegistry = readonly LayoutRules[];

/** @throws {@link GenerateCertsError} `ERR_LAYOUT_UNKNOWN` */
export function findLayout<Rules extends LayoutRules>(layouts: readonly Rules[], typed: unknown): Rules {
  const known = layouts.find(({ name }) => name === typed);
  if (known !== undefined) return known;
  throw new GenerateCertsError(
    'ERR_LAYOUT_UNKNOWN',
    `${quote(typed)} is not a layout`,
    hintForUnknown(
      textOf(typed),
      layouts.map(({ name }) => name),
    ),
  );
}

/** The names of the layouts that a set has when no layout is asked for. */
export function defaultLayouts(layouts: LayoutRegistry): string[] {
  return layouts.filter(({ madeByDefault }) => madeByDefault).map(({ name }) => name);
}

/** The first key type in the layouts' own order that all of them accept. */
export function defaultKeyType(chosen: LayoutRegistry): KeyType | undefined {
  const [first, ...others] = chosen.map(({ keyTypes }) => keyTypes);
  return first?.find((type) => others.every((accepted) => accepted.includes(type)));
}

/** File names that no client may take, whichever layouts are chosen. */
export function reservedNames(layouts: LayoutRegistry): string[] {
  return [...new Set([...AUTHORITY_NAMES, ...layouts.flatMap((layout) => layout.reservedNames)])];
}
