import { randomBytes } from 'node:crypto';
import { authorityName, type DistinguishedName } from '../asn1/distinguished-name.js';
import { authorityExtensions } from '../asn1/extensions.js';
import type { KeyType } from '../keys/key-types.js';
import { generatePrivateKey, type PrivateKey } from '../keys/keys.js';
import { type Certificate, randomSerialNumber, signCertificate, type Validity } from './certificate.js';
import { createSigner, type Signer } from './signer.js';

/**
 * A test CA: its certificate and what it signs with.
 *
 * @example
 * ```ts
 * const { certificate } = set.authority;
 * tls.createSecureContext({ ca: certificate.pem });
 * ```
 */
export interface Authority {
  readonly certificate: Certificate;
  /**
   * Throws `ERR_CA_KEY_MISSING` where the set was loaded from a folder without it; so does whatever signs.
   */
  readonly privateKey: PrivateKey;
  /** Whether the CA's private key is there, so that the set can sign. */
  readonly canSign: boolean;
  /** @internal */
  readonly signer: Signer;
  /** The DNS names that it may sign, by its name constraints; any when absent. */
  readonly permittedDnsNames?: readonly string[] | undefined;
}

/** @internal */
export interface AuthorityOptions {
  readonly key: KeyType;
  /** A new key when absent. */
  readonly makeKey?: (type: KeyType) => Promise<PrivateKey>;
  readonly validity: Validity;
  /** DNS names that the CA may sign, by critical name constraints; any when absent. */
  readonly permittedDnsNames?: readonly string[] | undefined;
  /** A fresh key of the type when absent. */
  readonly privateKey?: PrivateKey | undefined;
  /** A fresh name when absent. */
  readonly name?: DistinguishedName;
  /** The CA above it; it signs itself when absent. */
  readonly parent?: Signer | undefined;
  /**
   * How many CAs may stand between it and a leaf.
   * @default 0
   */
  readonly pathLength?: number;
}

/**
 * Makes a CA.
 *
 * @internal
 */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const name = options.name ?? authorityName(randomBytes(4).toString('hex'));
  const privateKey = options.privateKey ?? (await (options.makeKey ?? generatePrivateKey)(options.key));
  const signer = createSigner(name, privateKey);
  const { permittedDnsNames, parent, pathLength = 0 } = options;
  const certificate = signCertificate(
    {
      serialNumber: randomSerialNumber(),
      subject: name,
      permittedDnsNames,
      publicKey: privateKey.publicKeyDer,
      validity: options.validity,
      extensions: authorityExtensions({
        keyIdentifier: signer.keyIdentifier,
        authorityKeyIdentifier: parent?.keyIdentifier,
        permittedDnsNames,
        pathLength,
      }),
    },
    parent ?? signer,
  );
  return { certificate, privateKey, canSign: true, signer, permittedDnsNames };
}

/**
 * A CA whose private key is not there: what needs the key throws.
 *
 * @internal
 */
export function authorityWithoutKey(certificate: Certificate, keyMissing: () => never): Authority {
  return {
    certificate,
    permittedDnsNames: certificate.permittedDnsNames,
    canSign: false,
    get privateKey() {
      return keyMissing();
    },
    get signer() {
      return keyMissing();
    },
  };
}
