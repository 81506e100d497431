import type { DistinguishedName } from './distinguished-name.js';
import type { PrivateKey } from './keys.js';
import { type CryptoKey, provider, x509 } from './x509.js';

/** What signs certificates and revocation lists: a name, a key, and the key's identifier. */
export class Signer {
  readonly name: DistinguishedName;
  /** Hex; stands in what is signed as its authority key identifier. */
  readonly keyIdentifier: string;
  readonly algorithm: SigningAlgorithm;
  // Private to the language: the provider's key objects show their bytes when they are inspected.
  readonly #key: CryptoKey;

  constructor(name: DistinguishedName, identifier: string, algorithm: SigningAlgorithm, key: CryptoKey) {
    this.name = name;
    this.keyIdentifier = identifier;
    this.algorithm = algorithm;
    this.#key = key;
  }

  get key(): CryptoKey {
    return this.#key;
  }
}

type SigningAlgorithm =
  | { name: 'ECDSA'; namedCurve: 'P-256' | 'P-384'; hash: Hash }
  | { name: 'RSASSA-PKCS1-v1_5'; hash: Hash };

type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384';

/**
 * Makes a signer of a key.
 *
 * @param hash SHA-256 when absent, and SHA-384 where the key is P-384
 */
export async function createSigner(
  name: DistinguishedName,
  privateKey: PrivateKey,
  hash?: Hash,
): Promise<Signer> {
  const algorithm = signingAlgorithmOf(privateKey);
  if (hash !== undefined) algorithm.hash = hash;
  const [key, identifier] = await Promise.all([
    provider.subtle.importKey('pkcs8', privateKey.der, algorithm, false, ['sign']),
    keyIdentifier(privateKey.publicKeyDer),
  ]);
  return new Signer(name, identifier, algorithm, key);
}

/** SHA-1 over the public key's bits, in hex (RFC 5280 section 4.2.1.2, method 1). */
export async function keyIdentifier(publicKeyDer: Buffer): Promise<string> {
  const identifier = await new x509.PublicKey(publicKeyDer).getKeyIdentifier(provider);
  return Buffer.from(identifier).toString('hex');
}

function signingAlgorithmOf({ type }: PrivateKey): SigningAlgorithm {
  if (type.startsWith('rsa-')) return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return type === 'ec-p384'
    ? { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }
    : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
}
