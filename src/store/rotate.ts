import { GenerateCertsError, quote } from '../errors.js';
import { refuseEnded } from '../pki/issue/refusals.js';
import type { CertificateSet } from '../pki/set.js';
import type { ChangeOptions } from '../request/options.js';
import { readOptions } from '../util/options.js';
import { type ChangeResult, changeSet } from './change.js';

/** The steps of a rotation, in their order. */
export const ROTATION_STEPS = ['trust', 'issue', 'drop'] as const;

/**
 * A step of a rotation: both CAs are trusted, the new one issues everything, the old one is trusted no more.
 *
 * @example
 * ```ts
 * const steps: RotationStep[] = ['trust', 'issue', 'drop'];
 * ```
 */
export type RotationStep = (typeof ROTATION_STEPS)[number];

/**
 * Which step {@link rotateCertificateSet} is to make.
 *
 * @example
 * ```ts
 * const options: RotateOptions = { step: 'trust' };
 * await ensureCertificateSet('certs');
 * await rotateCertificateSet('certs', options);
 * ```
 */
export interface RotateOptions extends ChangeOptions {
  /**
   * The step to make. The one that was made last changes nothing; any other than the next is refused.
   * @default the next one
   */
  readonly step?: RotationStep | undefined;
}

/**
 * Gives the set in a folder a new CA, in three steps, so that no party that should be let in is refused meanwhile. After
 * each step give the new files to both sides, in any order, before you make the next one.
 *
 * - `trust`: a new CA is made, and both sides trust it beside the old one, which still signs.
 * - `issue`: everything is issued by the new CA, for a new life; the old one is still trusted.
 * - `drop`: the old CA is trusted no more.
 *
 * @returns with the step that was made; unchanged where it had been made before
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet}; `ERR_OPTION_INVALID` where the step is not the next
 * one or the set's CA is another folder's, `ERR_SET_ENDED`, `ERR_CA_KEY_MISSING`, `ERR_SET_LOCKED`, `ERR_INTERRUPTED`
 * @example
 * ```ts
 * await ensureCertificateSet('certs');
 * const { step, manifest } = await rotateCertificateSet('certs');
 * console.log(step, manifest.rotation?.step); // trust trust
 * ```
 */
export async function rotateCertificateSet(
  folder: string,
  options: RotateOptions = {},
): Promise<ChangeResult & { readonly step: RotationStep }> {
  const known = ['step', 'lockTimeout', 'signal', 'password'];
  const { step: asked, ...changeOptions } = readOptions(options, known, "{ step: 'trust' }");
  if (asked !== undefined && !ROTATION_STEPS.includes(asked)) {
    throw invalid(`${quote(asked)} is not a step of a rotation`, `known: ${ROTATION_STEPS.join(', ')}`);
  }
  let step: RotationStep = 'trust';
  const result = await changeSet(folder, changeOptions, async (set) => {
    step = stepOf(set, asked);
    if (step === set.rotation?.step) return set;
    const now = new Date();
    refuseUnfit(set, now);
    const { dropPrevious, issueByNext, trustNext } = await import('../pki/issue/rotate.js');
    return { trust: trustNext, issue: issueByNext, drop: dropPrevious }[step](set, now);
  });
  return { ...result, step };
}

/** The step after one that was made; the first where none is under way. */
export function nextStep(made: 'trust' | 'issue' | undefined): RotationStep {
  return made === undefined ? 'trust' : made === 'trust' ? 'issue' : 'drop';
}

function stepOf({ rotation }: CertificateSet, asked: RotationStep | undefined): RotationStep {
  const next = nextStep(rotation?.step);
  if (asked === undefined || asked === next || asked === rotation?.step) return asked ?? next;
  throw invalid(
    rotation === undefined
      ? `no rotation is under way, and '${asked}' is not its first step`
      : `the last step that was made is '${rotation.step}', and '${asked}' is not the next one`,
    `the next step is '${next}'`,
  );
}

function refuseUnfit({ request: { ca }, expiresAt }: CertificateSet, now: Date): void {
  if (ca !== null) {
    throw invalid(
      `the CA of this set is that of ${quote(ca)}`,
      'rotate that one, or have another CA sign everything: run generate-certs with another --ca',
    );
  }
  refuseEnded(expiresAt, now);
}

function invalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
