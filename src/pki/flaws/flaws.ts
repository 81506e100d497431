import { GenerateCertsError, quote } from '../../errors.js';
import { textOf } from '../../util/options.js';
import { hintForUnknown } from '../../util/suggest.js';
import { CATALOGUE, type Flaw, type Side } from './catalogue.js';

/** The names of one side's flaws. */
type NameOf<Entry, Of extends Side> = Entry extends { name: infer Name; sides: readonly (infer Sides)[] }
  ? Of extends Sides
    ? Name
    : never
  : never;

/**
 * The name of a client's flaw.
 *
 * @example
 * ```ts
 * const untrusted: FlawName[] = ['expired', 'unknown-ca'];
 * const set = await createCertificateSet({ untrusted });
 * ```
 */
export type FlawName = NameOf<(typeof CATALOGUE)[number], 'client'>;

/**
 * The name of a server's flaw.
 *
 * @example
 * ```ts
 * const names: ServerFlawName[] = ['wrong-name', 'expired'];
 * const servers = await set.serverCatalogue(names);
 * ```
 */
export type ServerFlawName = NameOf<(typeof CATALOGUE)[number], 'server'>;

/** A client's flaw of the catalogue. */
export type KnownFlaw = Flaw & { readonly name: FlawName };
/** A server's flaw of the catalogue. */
export type KnownServerFlaw = Flaw & { readonly name: ServerFlawName };

const ofSide = (side: Side) => CATALOGUE.filter((flaw: Flaw) => flaw.sides.includes(side)) as readonly Flaw[];

/**
 * The clients' flaws: the one list that the command line, the library and the documentation share.
 *
 * @example
 * ```ts
 * for (const { name, summary, severity } of FLAWS) console.log(name, summary, severity);
 * ```
 */
export const FLAWS = ofSide('client') as readonly KnownFlaw[];
/**
 * The servers' flaws, of the same catalogue.
 *
 * @example
 * ```ts
 * for (const { name, summary, clause } of SERVER_FLAWS) console.log(name, summary, clause);
 * ```
 */
export const SERVER_FLAWS = ofSide('server') as readonly KnownServerFlaw[];
/**
 * The names of the clients' flaws, in the catalogue's order.
 *
 * @example
 * ```ts
 * console.log(FLAW_NAMES.includes('expired')); // true
 * ```
 */
export const FLAW_NAMES: readonly FlawName[] = FLAWS.map(({ name }) => name);

/** @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN` */
export function findFlaw(name: unknown): KnownFlaw {
  return find(name, FLAWS, 'flaw');
}

/** @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN` */
export function findServerFlaw(name: unknown): KnownServerFlaw {
  return find(name, SERVER_FLAWS, "server's flaw");
}

/** The flaw of a certificate to refuse, by its role; nothing for one that is right or whose flaw is not known. */
export function flawOf({
  role,
  flaw,
}: {
  readonly role: string;
  readonly flaw: string | null;
}): Flaw | undefined {
  const known: readonly Flaw[] = role === 'untrusted-server' ? SERVER_FLAWS : FLAWS;
  return known.find(({ name }) => name === flaw);
}

function find<Known extends Flaw>(name: unknown, flaws: readonly Known[], what: string): Known {
  const flaw = flaws.find((candidate) => candidate.name === name);
  if (flaw !== undefined) return flaw;
  throw new GenerateCertsError(
    'ERR_FLAW_UNKNOWN',
    `${quote(name)} is not a ${what}`,
    hintForUnknown(textOf(name), [...flaws.map((known) => known.name), 'all', 'none']),
  );
}

/** The name of a flawed client's files, without the extension. */
export function flawFileName(flaw: FlawName): string {
  return `untrusted-${flaw}`;
}

/** The name of a flawed server's files, without the extension. */
export function serverFlawFileName(flaw: ServerFlawName): string {
  return `untrusted-server-${flaw}`;
}
