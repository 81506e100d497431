import { hash, type KeyObject, sign } from 'node:crypto';
import { children, NULL, oid, sequence } from '../asn1/der.js';
import type { DistinguishedName } from '../asn1/distinguished-name.js';
import type { PrivateKey } from '../keys/keys.js';

type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

/**
 * AlgorithmIdentifiers of signatures: RFC 4055 section 5 (with NULL parameters), RFC 5758 section 3.2 and RFC 8410
 * section 3 (without).
 */
const ALGORITHMS = {
  rsa: {
    'SHA-1': sequence(oid('1.2.840.113549.1.1.5'), NULL),
    'SHA-256': sequence(oid('1.2.840.113549.1.1.11'), NULL),
    'SHA-384': sequence(oid('1.2.840.113549.1.1.12'), NULL),
    'SHA-512': sequence(oid('1.2.840.113549.1.1.13'), NULL),
  },
  ec: {
    'SHA-1': sequence(oid('1.2.840.10045.4.1')),
    'SHA-256': sequence(oid('1.2.840.10045.4.3.2')),
    'SHA-384': sequence(oid('1.2.840.10045.4.3.3')),
    'SHA-512': sequence(oid('1.2.840.10045.4.3.4')),
  },
} as const;
const ED25519 = sequence(oid('1.3.101.112'));

/** A hash as long as the key's order; every other key signs with SHA-256. */
const LONGER_HASHES: Readonly<Record<string, Hash>> = { 'ec-p384': 'SHA-384', 'ec-p521': 'SHA-512' };

/** The algorithms that this program signs with today; SHA-1 is for what is flawed on purpose. */
export const SIGNATURE_ALGORITHMS: readonly Buffer[] = [
  ...[ALGORITHMS.ec, ALGORITHMS.rsa].flatMap((known) => [
    known['SHA-256'],
    known['SHA-384'],
    known['SHA-512'],
  ]),
  ED25519,
];

/** What signs certificates and revocation lists: a name, a key, and the key's identifier. */
export class Signer {
  readonly name: DistinguishedName;
  /** Hex; stands in what is signed as its authority key identifier. */
  readonly keyIdentifier: string;
  /** The AlgorithmIdentifier of its signatures in DER. */
  readonly algorithm: Buffer;
  /** None where the algorithm has its own. */
  readonly #hash: Hash | null;
  readonly #key: KeyObject;

  constructor(name: DistinguishedName, privateKey: PrivateKey, hash: Hash, identifier: string) {
    this.name = name;
    this.keyIdentifier = identifier;
    const { keyObject, type } = privateKey;
    this.#key = keyObject;
    this.#hash = hasOwnHash(type) ? null : hash;
    this.algorithm = hasOwnHash(type) ? ED25519 : ALGORITHMS[type.startsWith('rsa-') ? 'rsa' : 'ec'][hash];
  }

  /** A signature: PKCS #1 version 1.5 with RSA, an ECDSA-Sig-Value in DER on P curves, 64 octets with Ed25519. */
  sign(content: Uint8Array): Buffer {
    return sign(this.#hash, content, this.#key);
  }
}

/**
 * Makes a signer of a key.
 *
 * @param hash SHA-256 when absent, SHA-384 where the key is P-384, and SHA-512 where it is P-521; Ed25519 has its own
 * @param identifier the key identifier in the signer's certificate in hex; as this program writes it when absent
 */
export function createSigner(
  name: DistinguishedName,
  privateKey: PrivateKey,
  hash?: Hash,
  identifier: string = keyIdentifier(privateKey.publicKeyDer),
): Signer {
  return new Signer(name, privateKey, hash ?? LONGER_HASHES[privateKey.type] ?? 'SHA-256', identifier);
}

/** Whether keys of a type sign with one hash alone, so that no other can be chosen. */
export function hasOwnHash(type: string): boolean {
  return type === 'ed25519';
}

/** SHA-1 over the public key's bits, in hex (RFC 5280 section 4.2.1.2, method 1). */
export function keyIdentifier(publicKeyDer: Uint8Array): string {
  const [info] = children(publicKeyDer);
  const [, bits] = children(info?.content ?? new Uint8Array());
  // The first octet of a BIT STRING counts its unused bits.
  return hash('sha1', bits?.content.subarray(1) ?? '', 'hex');
}
