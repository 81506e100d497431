import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
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
    return readOwnEcKey(pem) ?? readAnyKey(pem);
  } catch {
    return undefined;
  }
}

function readAnyKey(pem: string): PrivateKey {
  const key = createPrivateKey(pem);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  return new PrivateKey(pkcs8, createPublicKey(key).export({ type: 'spki', format: 'der' }), keyTypeOf(key));
}

/** The type of a key: `rsa-2048`, `ec-p256`, or what Node calls it. */
export function keyTypeOf(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `rsa-${modulusLength}`;
  const known = Object.entries(CURVES).find(([, { name }]) => name === namedCurve);
  return known?.[0] ?? namedCurve ?? key.asymmetricKeyType ?? 'unknown';
}

/**
 * Makes a private key. RSA keys asked for together are made side by side: Node does the work on its
 * thread pool, where `@peculiar/webcrypto` would make them one after the other on this thread
 * (twelve RSA 2048 keys: 1.15 s against 2.0 s on two cores).
 */
export async function generatePrivateKey(type: KeyType | 'rsa-1024'): Promise<PrivateKey> {
  if (isQuickType(type)) return quickKeyMaker(type)();
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

const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1');

interface Curve {
  readonly name: string;
  /** The AlgorithmIdentifier of its keys in DER. */
  readonly algorithm: Buffer;
  /** Of a private key in octets. */
  readonly length: number;
  /** What stands before that number in a private key as {@link encodeEcKey} writes it. */
  readonly prefix: Buffer;
}

/** RFC 5480 section 2.1.1.1. */
const CURVES = {
  'ec-p256': curve('prime256v1', '1.2.840.10045.3.1.7', 32),
  'ec-p384': curve('secp384r1', '1.3.132.0.34', 48),
  'ec-p521': curve('secp521r1', '1.3.132.0.35', 66),
} as const;

function curve(name: string, id: string, length: number): Curve {
  const algorithm = sequence(EC_PUBLIC_KEY, oid(id));
  const point = bitString(Buffer.alloc(1 + 2 * length));
  const ecPrivateKey = sequence(smallInteger(1), octetString(Buffer.alloc(length)), explicit(1, point));
  const pkcs8 = sequence(smallInteger(0), algorithm, octetString(ecPrivateKey));
  return {
    name,
    algorithm,
    length,
    prefix: pkcs8.subarray(0, pkcs8.length - explicit(1, point).length - length),
  };
}

type EcKeyType = keyof typeof CURVES;

/** The type of a key on an elliptic curve. */
export type QuickKeyType = EcKeyType | 'ed25519';

/** Whether keys of a type are made on the thread that asks: they take no search for primes. */
export function isQuickType(type: string): type is QuickKeyType {
  return type in CURVES || type === 'ed25519';
}

/** Makes one key of a type each time. */
export function quickKeyMaker(type: QuickKeyType): () => PrivateKey {
  return type === 'ed25519' ? makeEd25519 : ecKeyMaker(type);
}

/** RFC 8410. Node has no quicker way to the public half than OpenSSL's encoders. */
function makeEd25519(): PrivateKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return new PrivateKey(privateKey, publicKey, 'ed25519');
}

/**
 * Makes EC keys and encodes them (RFC 5958, RFC 5915) here: 30 microseconds a key, where OpenSSL 3's own
 * encoders take 600 on top. Nor are key objects asked for their parts: Node 20 can stop for good in
 * `export` while it collects the job that made the key (measured within 3,000 keys).
 *
 * @returns makes one key each time; OpenSSL's structures, 10 microseconds' work, are used again
 */
function ecKeyMaker(type: EcKeyType): () => PrivateKey {
  const pair = createECDH(CURVES[type].name);
  return () => encodeEcKey(type, pair.generateKeys(), pair.getPrivateKey());
}

/** @param shortest the private key's number, in as few octets as it needs */
function encodeEcKey(type: EcKeyType, publicPoint: Buffer, shortest: Buffer): PrivateKey {
  const { algorithm, length } = CURVES[type];
  const point = bitString(publicPoint);
  const scalar = Buffer.alloc(length);
  shortest.copy(scalar, length - shortest.length);
  const ecPrivateKey = sequence(smallInteger(1), octetString(scalar), explicit(1, point));
  const pkcs8 = sequence(smallInteger(0), algorithm, octetString(ecPrivateKey));
  return new PrivateKey(encodePem('PRIVATE KEY', pkcs8), sequence(algorithm, point), type);
}

/**
 * Reads an EC key that this program encoded: its number, of which the key that is encoded again must be the same
 * text. 90 microseconds, where OpenSSL 3's decoders and encoders take 1,500.
 */
function readOwnEcKey(pem: string): PrivateKey | undefined {
  for (const [type, { name, prefix, length }] of Object.entries(CURVES) as [EcKeyType, Curve][]) {
    const der = Buffer.from(pem.slice(PEM_BEGIN.length, -PEM_END.length), 'base64');
    if (!prefix.equals(der.subarray(0, prefix.length))) continue;
    const pair = createECDH(name);
    pair.setPrivateKey(der.subarray(prefix.length, prefix.length + length));
    const key = encodeEcKey(type, pair.getPublicKey(), pair.getPrivateKey());
    return key.pem === pem ? key : undefined;
  }
  return undefined;
}

const PEM_BEGIN = '-----BEGIN PRIVATE KEY-----\n';
const PEM_END = '-----END PRIVATE KEY-----\n';

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
