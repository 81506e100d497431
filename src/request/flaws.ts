import { GenerateCertsError } from '../errors.js';
import type { Flaw } from '../pki/flaws/catalogue.js';
import type { SetRequest } from '../pki/request.js';
import type { UntrustedChoice } from './parse.js';

/** What decides which flaws make sense. */
type FlawContextOptions = Pick<SetRequest, 'nameConstraints' | 'intermediates'>;

/** What a flaw lacks below such CAs. */
function lackOf(flaw: Flaw, { nameConstraints, intermediates }: FlawContextOptions) {
  if (flaw.needsNameConstraints === true && !nameConstraints) return LACKS.nameConstraints;
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
  const left = known.filter((flaw) => lackOf(flaw, environment) === LACKS.nameConstraints);
  const names = (flaws: readonly Known[]): Known['name'][] => flaws.map(({ name }) => name);
  return {
    flaws: names(possible).filter((name) => all || named.has(name)),
    // Where there is no intermediate, none can be missing: that needs no telling.
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
