import { GenerateCertsError, quote } from '../../errors.js';

/** The error of a set of which something that is needed is missing, or not as it was made. */
export function damaged(folder: string, problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_SET_DAMAGED',
    `the set in ${quote(folder)} is damaged: ${problem}`,
    "run 'generate-certs' with its --out: it makes again what is missing or damaged",
  );
}
