import { GenerateCertsError, quote } from '../../errors.js';
import { textOf } from '../../util/options.js';
import { hintForUnknown } from '../../util/suggest.js';

/**
 * The key types that a set may be made with.
 *
 * @example
 * ```ts
 * console.log(KEY_TYPES.join(', '));
 * ```
 */
export const KEY_TYPES = [
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'ed25519',
] as const;
/**
 * One of {@link KEY_TYPES}.
 *
 * @example
 * ```ts
 * const key: KeyType = 'ec-p256';
 * const set = await createCertificateSet({ key });
 * ```
 */
export type KeyType = (typeof KEY_TYPES)[number];

/** The RSA types, the shortest first. */
export const RSA_TYPES: readonly KeyType[] = KEY_TYPES.filter((type) => type.startsWith('rsa-'));

/** @throws {@link GenerateCertsError} `ERR_KEY_TYPE_UNKNOWN` */
export function parseKeyType(typed: unknown): KeyType {
  const known = KEY_TYPES.find((type) => type === typed);
  if (known !== undefined) return known;
  throw new GenerateCertsError(
    'ERR_KEY_TYPE_UNKNOWN',
    `${quote(typed)} is not a key type`,
    hintForUnknown(textOf(typed), KEY_TYPES),
  );
}
