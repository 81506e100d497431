import { hash, type KeyObject, sign } from 'node:crypto';
import { children, NULL, oid, sequence } from '../asn1/der.js';
import type { DistinguishedName } from '../asn1/distinguished-name.js';
import type { PrivateKey } from '../keys/keys.js';

type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384';

/** AlgorithmIdentifiers of signatures: RFC 4055 section 5 (with NULL parameters), RFC 5758 section 3.2 (without). */
const ALGORITHMS = {
  rsa: {
    'SHA-1': sequence(oid('1.2.840.113549.1.1.5'), NULL),
    'SHA-256': sequence(oid('1.2.840.113549.1.1.11'), NULL),
    'SHA-384': sequence(oid('1.2.840.113549.1.1.12'), NULL),
  },
  ec: {
    'SHA-1': sequence(oid('1.2.840.10045.4.1')),
    'SHA-256': sequence(oid('1.2.840.10045.4.3.2')),
    'SHA-384': sequence(oid('1.2.840.10045.4.3.3')),
  },
} as const;

/** What signs certificates and revocation lists: a name, a key, and the key's identifier. */
export class Signer {
  readonly name: DistinguishedName;
  /** Hex; stands in what is signed as its authority key identifier. */
  readonly keyIdentifier: string;
  /** The AlgorithmIdentifier of its signatures in DER. */
  readonly algorithm: Buffer;
  readonly #hash: Hash;
  readonly #key: KeyObject;

  constructor(name: DistinguishedName, privateKey: PrivateKey, hash: Hash, identifier: string) {
    this.name = name;
    this.keyIdentifier = identifier;
    this.algorithm = ALGORITHMS[privateKey.type.startsWith('rsa-') ? 'rsa' : 'ec'][hash];
    this.#hash = hash;
    this.#key = privateKey.keyObject;
  }

  /** A signature: PKCS #1 version 1.5 with RSA, an ECDSA-Sig-Value in DER otherwise. */
  sign(content: Uint8Array): Buffer {
    return sign(this.#hash, content, this.#key);
  }
}

/**
 * Makes a signer of a key.
 *
 * @param hash SHA-256 when absent, and SHA-384 where the key is P-384
 * @param identifier the key identifier in the signer's certificate in hex; as this program writes it when absent
 */
export function createSigner(
  name: DistinguishedName,
  privateKey: PrivateKey,
  hash?: Hash,
  identifier: string = keyIdentifier(privateKey.publicKeyDer),
): Signer {
  const usual = privateKey.type === 'ec-p384' ? 'SHA-384' : 'SHA-256';
  return new Signer(name, privateKey, hash ?? usual, identifier);
}

/** SHA-1 over the public key's bits, in hex (RFC 5280 section 4.2.1.2, method 1). */
export function keyIdentifier(publicKeyDer: Uint8Array): string {
  const [info] = children(publicKeyDer);
  const [, bits] = children(info?.content ?? new Uint8Array());
  // The first octet of a BIT STRING counts its unused bits.
  return hash('sha1', bits?.content.subarray(1) ?? '', 'hex');
}
