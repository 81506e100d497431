import type { SubjectAltName } from '../names/identity.js';
import {
  bitString,
  explicit,
  implicit,
  octetString,
  oid,
  rememberLast,
  sequence,
  smallInteger,
  TRUE,
} from './der.js';
import { generalName } from './general-names.js';

/** An extension as it is encoded (RFC 5280 section 4.1.2.9). */
export type Extension = Buffer;

/** What a leaf certificate is for: to serve, to call, or both. */
export type Purpose = 'server' | 'client' | 'peer';

const PURPOSES = {
  server: oid('1.3.6.1.5.5.7.3.1'),
  client: oid('1.3.6.1.5.5.7.3.2'),
};

// The extensions that are the same in every certificate of a kind are encoded once.
const NO_CA = critical('2.5.29.19', sequence());
// Named bits, the first in the highest place, what is zero at the end left out (X.690 section 11.2.2).
const USAGE_OF_CA = critical('2.5.29.15', bitString(Uint8Array.of(0b0000_0110), 1));
const USAGE_OF_RSA_LEAF = critical('2.5.29.15', bitString(Uint8Array.of(0b1010_0000), 5));
const USAGE_OF_LEAF = critical('2.5.29.15', bitString(Uint8Array.of(0b1000_0000), 7));
/** dataEncipherment: nothing that TLS does with a key. */
const USAGE_WITHOUT_HANDSHAKE = critical('2.5.29.15', bitString(Uint8Array.of(0b0001_0000), 4));
const EXTENDED_USAGE: Record<Purpose, Extension> = {
  server: extension('2.5.29.37', sequence(PURPOSES.server)),
  client: extension('2.5.29.37', sequence(PURPOSES.client)),
  peer: extension('2.5.29.37', sequence(PURPOSES.server, PURPOSES.client)),
};

/** The extensions of a CA (RFC 5280 sections 4.2.1.1, 2, 3, 9 and 10). */
export function authorityExtensions(options: {
  /** Hex. */
  readonly keyIdentifier: string;
  /** Where another CA signs it; hex. */
  readonly authorityKeyIdentifier?: string | undefined;
  /** DNS names that the CA may sign; any when absent. */
  readonly permittedDnsNames?: readonly string[] | undefined;
  /** How many CAs may stand between it and a leaf. */
  readonly pathLength: number;
}): Extension[] {
  const { keyIdentifier, authorityKeyIdentifier, permittedDnsNames, pathLength } = options;
  return [
    critical('2.5.29.19', sequence(TRUE, smallInteger(pathLength))),
    USAGE_OF_CA,
    subjectKeyIdentifier(keyIdentifier),
    ...(authorityKeyIdentifier === undefined ? [] : [authorityKey(authorityKeyIdentifier)]),
    ...(permittedDnsNames === undefined ? [] : [nameConstraints(permittedDnsNames)]),
  ];
}

/** The extensions of a server's or a client's certificate. */
export function leafExtensions(options: {
  readonly purpose: Purpose;
  /** RSA keys may also encipher keys, as TLS 1.2 with RSA key exchange does. */
  readonly rsa: boolean;
  /** For one that is flawed on purpose. */
  readonly keyUsage?: 'no-handshake' | undefined;
  readonly subjectAltNames: readonly SubjectAltName[];
  /** Hex. */
  readonly keyIdentifier: string;
  readonly authorityKeyIdentifier: string;
}): Extension[] {
  const usage = options.rsa ? USAGE_OF_RSA_LEAF : USAGE_OF_LEAF;
  return [
    NO_CA,
    options.keyUsage === undefined ? usage : USAGE_WITHOUT_HANDSHAKE,
    EXTENDED_USAGE[options.purpose],
    subjectKeyIdentifier(options.keyIdentifier),
    authorityKey(options.authorityKeyIdentifier),
    ...(options.subjectAltNames.length === 0 ? [] : [subjectAltName(options.subjectAltNames)]),
  ];
}

/** The authority key identifier of what a key signs (RFC 5280 section 4.2.1.1). */
export const authorityKey = rememberLast((keyIdentifier: string): Extension => {
  return extension('2.5.29.35', sequence(implicit(0, Buffer.from(keyIdentifier, 'hex'))));
});

export function extension(id: string, value: Uint8Array): Extension {
  return sequence(oid(id), octetString(value));
}

export function critical(id: string, value: Uint8Array): Extension {
  return sequence(oid(id), TRUE, octetString(value));
}

const SUBJECT_KEY_IDENTIFIER = oid('2.5.29.14');

function subjectKeyIdentifier(keyIdentifier: string): Extension {
  return sequence(SUBJECT_KEY_IDENTIFIER, octetString(octetString(Buffer.from(keyIdentifier, 'hex'))));
}

function subjectAltName(names: readonly SubjectAltName[]): Extension {
  return extension('2.5.29.17', sequence(...names.map(generalName)));
}

/**
 * Name constraints of DNS subtrees alone: BoringSSL refuses a certificate with any iPAddress subtree
 * (`unsupported name constraint type`, measured with the grpcio wheel).
 */
function nameConstraints(permittedDnsNames: readonly string[]): Extension {
  const subtrees = permittedDnsNames.map((value) => sequence(generalName({ type: 'DNS', value })));
  return critical('2.5.29.30', sequence(explicit(0, ...subtrees)));
}
