import { GenerateCertsError } from '../errors.js';
import type { Flaw } from '../pki/flaws/catalogue.js';
import { hasOwnHash } from '../pki/issue/signer.js';
import type { SetRequest } from '../pki/request.js';
import type { UntrustedChoice } from './parse.js';

/** What decides which flaws make sense. */
type FlawContextOptions = Pick<SetRequest, 'nameConstraints' | 'intermediates' | 'caKey' | 'ca'>;

/** What a flaw lacks below such CAs. */
function lackOf(flaw: Flaw, { nameConstraints, intermediates, caKey, ca }: FlawContextOptions) {
  if (flaw.needsNameConstraints === true && !nameConstraints) return LACKS.nameConstraints;
  // A CA of another folder has a key of its own, and the CAs below it have this type.
  const isIssuersType = ca === null || intermediates > 0;
  if (flaw.needsChosenHash === true && isIssuersType && hasOwnHash(caKey)) return LACKS.chosenHash;
  return flaw.needsIntermediates === true && intermediates === 0 ? LACKS.intermediates : undefined;
}

const LACKS = {
  nameConstraints: {
    needs: 'a CA with name constraints',
    hint: 'add the option --name-constraints (nameConstraints: true), or leave the flaw out',
  },
  intermediates: {
    needs: 'a CA between the root and the leaves',
    hint: 'add the option --intermediates 1 (intermediates: 1), or leave the flaw out',
  },
  chosenHash: {
    needs: 'a CA with an RSA or EC key: Ed25519 signs with SHA-512 alone',
    hint: 'use another --ca-key (caKey) such as ec-p256, or leave the flaw out',
  },
} as const;

/**
 * The flaws in the order of the catalogue, and those that `all` leaves out and should say so.
 *
 * @param known the flaws of one side
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` where one that is not possible is asked for by name
 */
export function chooseFlaws<Known extends Flaw>(
  known: readonly Known[],
  { named, all }: UntrustedChoice<Known['name']>,
  environment: FlawContextOptions,
): { readonly flaws: Known['name'][]; readonly left: Known['name'][] } {
  for (const flaw of known.filter(({ name }) => named.has(name))) {
    const lack = lackOf(flaw, environment);
    if (lack === undefined) continue;
    const { needs, hint } = lack;
    throw new GenerateCertsError('ERR_OPTION_INVALID', `the flaw '${flaw.name}' needs ${needs}`, hint);
  }
  const possible = known.filter((flaw) => lackOf(flaw, environment) === undefined);
  // Where there is no intermediate, none can be missing: that needs no telling.
  const left = known.filter((flaw) => {
    const lack = lackOf(flaw, environment);
    return lack !== undefined && lack !== LACKS.intermediates;
  });
  const names = (flaws: readonly Known[]): Known['name'][] => flaws.map(({ name }) => name);
  return {
    flaws: names(possible).filter((name) => all || named.has(name)),
    left: all ? names(left) : [],
  };
}

/**
 * The recorded flaws that are still possible, with those that are given; `none` adds none.
 *
 * @param known the flaws of one side
 */
export function withAddedFlaws<Known extends Flaw, Word extends string>(
  known: readonly Known[],
  recorded: readonly Known['name'][],
  given: readonly Word[] | Word | undefined,
  environment: FlawContextOptions,
): (Known['name'] | Word)[] {
  const possible = known.filter((flaw) => lackOf(flaw, environment) === undefined).map(({ name }) => name);
  const kept = recorded.filter((flaw) => possible.includes(flaw));
  const added = [given ?? []].flat().filter((word) => word !== 'none') as Word[];
  return [...new Set([...kept, ...added])];
}
