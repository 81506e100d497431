import { createECDH, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { inspect, promisify } from 'node:util';
import pLimit from 'p-limit';
import { GenerateCertsError } from '../../errors.js';
import { bitString, explicit, octetString, oid, sequence, smallInteger } from '../asn1/der.js';
import { encodePem } from '../asn1/pem.js';
import type { KeyType } from './key-types.js';

/** The public half of a key. */
export interface PublicKey {
  /** SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7). */
  readonly publicKeyDer: Buffer;
  /** `rsa-2048`, `ec-p256` and so on. */
  readonly type: string;
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
export class PrivateKey implements PublicKey {
  readonly #pem: string;
  readonly #publicKeyDer: Buffer;
  readonly #type: string;
  #keyObject: KeyObject | undefined;

  constructor(pem: string, publicKeyDer: Buffer, type: string) {
    this.#pem = pem;
    this.#publicKeyDer = publicKeyDer;
    this.#type = type;
  }

  /** Node's own form, for `node:crypto` and `node:tls`. */
  get keyObject(): KeyObject {
    this.#keyObject ??= createPrivateKey(this.#pem);
    return this.#keyObject;
  }

  /** PKCS #8 in PEM (RFC 7468 section 10), unencrypted. */
  get pem(): string {
    return this.#pem;
  }

  /** PKCS #8 in DER, unencrypted. */
  get der(): Buffer {
    return Buffer.from(this.#pem.replace(/-----[^-]*-----|\s/g, ''), 'base64');
  }

  /** The public half as a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7). */
  get publicKeyDer(): Buffer {
    return this.#publicKeyDer;
  }

  /** `rsa-2048`, `ec-p256` and so on. */
  get type(): string {
    return this.#type;
  }

  toString(): string {
    return '[private key]';
  }

  /** Keeps the key out of JSON. */
  toJSON(): string {
    return '[private key]';
  }

  /** Keeps the key out of what is printed. */
  [inspect.custom](): string {
    return 'PrivateKey { [hidden] }';
  }
}

/** Reads a private key from PEM. Node's own error is not passed on: it may quote what it read. */
export function privateKeyFromPem(pem: string): PrivateKey | undefined {
  try {
    const key = createPrivateKey(pem);
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }) as string;
    return new PrivateKey(
      pkcs8,
      createPublicKey(key).export({ type: 'spki', format: 'der' }),
      keyTypeOf(key),
    );
  } catch {
    return undefined;
  }
}

/** The type of a key: `rsa-2048`, `ec-p256`, or what Node calls it. */
export function keyTypeOf(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `rsa-${modulusLength}`;
  if (namedCurve === 'prime256v1') return 'ec-p256';
  return namedCurve === 'secp384r1' ? 'ec-p384' : (namedCurve ?? key.asymmetricKeyType ?? 'unknown');
}

/**
 * Makes a private key. RSA keys asked for together are made side by side: Node does the work on its
 * thread pool, where `@peculiar/webcrypto` would make them one after the other on this thread
 * (twelve RSA 2048 keys: 1.15 s against 2.0 s on two cores).
 */
export async function generatePrivateKey(type: KeyType | 'rsa-1024'): Promise<PrivateKey> {
  if (isEcType(type)) return ecKeyMaker(type)();
  const { privateKey, publicKey } = await rsaLimit(() =>
    generateKeyPairAsync('rsa', {
      modulusLength: Number(type.slice('rsa-'.length)),
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'der' },
    }),
  );
  return new PrivateKey(privateKey, publicKey, type);
}

/**
 * How many RSA keys are made at once: as many as there are cores, and one fewer than Node's thread pool has
 * threads. The files of a process wait in the same queue, and an interruption would have to wait for every
 * key in it before it could put anything back.
 */
const RSA_AT_ONCE = Math.max(
  1,
  Math.min(availableParallelism(), Number(process.env.UV_THREADPOOL_SIZE ?? 4) - 1),
);
const rsaLimit = pLimit(RSA_AT_ONCE);

const generateKeyPairAsync = promisify(generateKeyPair);

/** RFC 5480 section 2.1.1.1; the length of a private key in octets. */
const CURVES = {
  'ec-p256': { name: 'prime256v1', id: oid('1.2.840.10045.3.1.7'), length: 32 },
  'ec-p384': { name: 'secp384r1', id: oid('1.3.132.0.34'), length: 48 },
} as const;
const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1');

/** The type of a key on an elliptic curve. */
export type EcKeyType = keyof typeof CURVES;

export function isEcType(type: string): type is EcKeyType {
  return type in CURVES;
}

/**
 * Makes EC keys and encodes them (RFC 5958, RFC 5915) here: 30 microseconds a key, where OpenSSL 3's own
 * encoders take 600 on top. Nor are key objects asked for their parts: Node 20 can stop for good in
 * `export` while it collects the job that made the key (measured within 3,000 keys).
 *
 * @returns makes one key each time; OpenSSL's structures, 10 microseconds' work, are used again
 */
export function ecKeyMaker(type: EcKeyType): () => PrivateKey {
  const { name, id, length } = CURVES[type];
  const pair = createECDH(name);
  const algorithm = sequence(EC_PUBLIC_KEY, id);
  return () => {
    const point = bitString(pair.generateKeys());
    const scalar = Buffer.alloc(length);
    const shortest = pair.getPrivateKey();
    shortest.copy(scalar, length - shortest.length);
    const ecPrivateKey = sequence(smallInteger(1), octetString(scalar), explicit(1, point));
    const pkcs8 = sequence(smallInteger(0), algorithm, octetString(ecPrivateKey));
    return new PrivateKey(encodePem('PRIVATE KEY', pkcs8), sequence(algorithm, point), type);
  };
}

/**
 * A public key from its SubjectPublicKeyInfo in base64.
 *
 * @throws {@link GenerateCertsError} `ERR_MANIFEST_INVALID`
 */
export function readPublicKey(base64: string): PublicKey {
  const publicKeyDer = Buffer.from(base64, 'base64');
  try {
    const key = createPublicKey({ key: publicKeyDer, type: 'spki', format: 'der' });
    return { publicKeyDer, type: keyTypeOf(key) };
  } catch {
    throw new GenerateCertsError(
      'ERR_MANIFEST_INVALID',
      'the manifest has a public key that cannot be read',
      'name another folder with --out, or replace the file with --force',
    );
  }
}
