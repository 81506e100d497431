import { GenerateCertsError, quote } from '../errors.js';
import { hintForUnknown } from '../suggest.js';

/**
 * How a flawed certificate departs from a valid client's. What is not named here is as it is there:
 * subject, SAN, validity, extensions, key type, issuer.
 */
export interface Departure {
  /** Who signs instead of the set's CA: another CA that bears its very name. */
  readonly signer?: 'namesake-ca';
}

/** One entry of the catalogue of client certificates that must be refused. */
export interface Flaw {
  readonly name: string;
  /** What is wrong, in one line. */
  readonly summary: string;
  /** `must`: every verifier that follows RFC 5280 refuses it. `policy`: it depends on the set-up. */
  readonly severity: 'must' | 'policy';
  /** Who signed it, in words, where it is not the set's CA. */
  readonly signedBy?: string;
  readonly departure: Departure;
}

const CATALOGUE = [
  {
    name: 'unknown-ca',
    summary: "signed by another CA that bears the trusted CA's very name",
    severity: 'must',
    signedBy: "another CA of the CA's very name",
    departure: { signer: 'namesake-ca' },
  },
] as const satisfies readonly Flaw[];

export type FlawName = (typeof CATALOGUE)[number]['name'];
/** The catalogue: the one list that the command line, the library and the documentation share. */
export const FLAWS: readonly (Flaw & { readonly name: FlawName })[] = CATALOGUE;
export const FLAW_NAMES: readonly FlawName[] = FLAWS.map(({ name }) => name);

/** @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN` */
export function findFlaw(name: unknown): Flaw & { name: FlawName } {
  const flaw = FLAWS.find((candidate) => candidate.name === name);
  if (flaw !== undefined) return flaw;
  throw new GenerateCertsError(
    'ERR_FLAW_UNKNOWN',
    `${quote(name)} is not a flaw`,
    hintForUnknown(String(name), [...FLAW_NAMES, 'all', 'none']),
  );
}

/** The name of a flawed client's files, without the extension. */
export function flawFileName(flaw: FlawName): string {
  return `untrusted-${flaw}`;
}
