import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { inspect, promisify } from 'node:util';
import { GenerateCertsError, quote } from '../errors.js';
import { hintForUnknown } from '../suggest.js';

/**
 * The key types that a set may be made with.
 *
 * @example
 * ```ts
 * console.log(KEY_TYPES.join(', '));
 * ```
 */
export const KEY_TYPES = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384'] as const;
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

/** @throws {@link GenerateCertsError} `ERR_KEY_TYPE_UNKNOWN` */
export function parseKeyType(typed: unknown): KeyType {
  const known = KEY_TYPES.find((type) => type === typed);
  if (known !== undefined) return known;
  throw new GenerateCertsError(
    'ERR_KEY_TYPE_UNKNOWN',
    `${quote(typed)} is not a key type`,
    hintForUnknown(String(typed), KEY_TYPES),
  );
}

/**
 * A private key that does not show itself: printing, inspecting or serialising one gives its type
 * alone. The material comes out only by asking for it by name.
 *
 * @example
 * ```ts
 * const { privateKey } = set.server;
 * console.log(privateKey); // PrivateKey { [hidden] }
 * tls.createSecureContext({ key: privateKey.pem, cert: set.server.pem });
 * ```
 */
export class PrivateKey {
  readonly #key: KeyObject;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** Node's own form, for `node:crypto` and `node:tls`. */
  get keyObject(): KeyObject {
    return this.#key;
  }

  /** PKCS #8 in PEM (RFC 7468 section 10), unencrypted. */
  get pem(): string {
    return this.#key.export({ type: 'pkcs8', format: 'pem' }) as string;
  }

  /** PKCS #8 in DER, unencrypted. */
  get der(): Buffer {
    return this.#key.export({ type: 'pkcs8', format: 'der' });
  }

  /** The public half as a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7). */
  get publicKeyDer(): Buffer {
    return createPublicKey(this.#key).export({ type: 'spki', format: 'der' });
  }

  /** `rsa-2048`, `ec-p256` and so on. */
  get type(): string {
    const { modulusLength, namedCurve } = this.#key.asymmetricKeyDetails ?? {};
    if (modulusLength !== undefined) return `rsa-${modulusLength}`;
    return namedCurve === 'secp384r1' ? 'ec-p384' : 'ec-p256';
  }

  toString(): string {
    return '[private key]';
  }

  toJSON(): string {
    return '[private key]';
  }

  [inspect.custom](): string {
    return 'PrivateKey { [hidden] }';
  }
}

/** Reads a private key from PEM. Node's own error is not passed on: it may quote what it read. */
export function privateKeyFromPem(pem: string): PrivateKey | undefined {
  try {
    return new PrivateKey(createPrivateKey(pem));
  } catch {
    return undefined;
  }
}

const generate = promisify(generateKeyPair);

/**
 * Makes a private key. Keys asked for together are made side by side: Node does the work on its
 * thread pool, where `@peculiar/webcrypto` would make them one after the other on this thread
 * (twelve RSA 2048 keys: 1.15 s against 2.0 s on two cores).
 */
export async function generatePrivateKey(type: KeyType | 'rsa-1024'): Promise<PrivateKey> {
  const { privateKey } = type.startsWith('rsa-')
    ? await generate('rsa', { modulusLength: Number(type.slice('rsa-'.length)) })
    : await generate('ec', { namedCurve: CURVE_OF_TYPE[type as keyof typeof CURVE_OF_TYPE] });
  return new PrivateKey(privateKey);
}

const CURVE_OF_TYPE = { 'ec-p256': 'P-256', 'ec-p384': 'P-384' } as const;
