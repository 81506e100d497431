import type { Certificate } from '../../pki/issue/certificate.js';
import { type PrivateKey, privateKeyFromPem } from '../../pki/keys/keys.js';
import { readCertificates } from '../../pki/read/read-certificate.js';
import { formatDistance, isoSeconds } from '../../util/moments.js';
import { chainFindings } from './chain.js';
import type { Material } from './files.js';
import { type FlagFinding, warning, wrong } from './finding.js';

/** What a server is given for one side: its certificate with the chain, its key, the clients' CAs. */
export interface ServerMaterial {
  readonly certificate: Material | undefined;
  readonly key: Material | undefined;
  readonly ca: Material | undefined;
}

/** Everything that is wrong with the contents: what C-core refuses at the bind, and what clients refuse later. */
export async function materialFindings({ certificate, key, ca }: ServerMaterial): Promise<FlagFinding[]> {
  const findings: FlagFinding[] = [];
  const chain = certificate === undefined ? [] : await readChain(certificate, findings);
  const privateKey = key === undefined ? undefined : readKey(key, findings);
  const authorities = ca === undefined ? [] : await readChain(ca, findings);
  const [leaf] = chain;
  if (certificate !== undefined && leaf !== undefined) {
    const order = chainFindings(certificate, { chain, key: privateKey, authorities });
    findings.push(...order);
    const misplaced = order.some(({ kind }) => kind === 'chain-order');
    if (!misplaced && key !== undefined && privateKey !== undefined && !leaf.isOf(privateKey)) {
      const message = `the key is not the one of ${certificate.flag}`;
      findings.push(wrong('key-mismatch', key.flag, message, 'give the two files of one pair'));
    }
    // The first of a chain in the wrong order is not the certificate that serves.
    if (!misplaced) findings.push(...servingFindings(certificate.flag, leaf));
  }
  if (ca !== undefined) findings.push(...authorityFindings(ca.flag, authorities));
  return findings;
}

/** Every certificate of a file: a chain, or several CAs. */
async function readChain({ flag, label, text }: Material, findings: FlagFinding[]): Promise<Certificate[]> {
  const blocks = await readCertificates(text);
  const certificates = blocks.filter((certificate) => certificate !== undefined);
  if (blocks.length === 0 || certificates.length < blocks.length) {
    const message = `${label} holds no certificate that can be read`;
    findings.push(wrong('certificate-invalid', flag, message, 'give certificates in PEM'));
  }
  return certificates;
}

/** RFC 7468 section 11, and the older form of RFC 1421. */
const ENCRYPTED_KEY = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

function readKey({ flag, label, text }: Material, findings: FlagFinding[]): PrivateKey | undefined {
  if (ENCRYPTED_KEY.test(text)) {
    const message = `${label} holds an encrypted key, and the server takes no password`;
    findings.push(wrong('key-encrypted', flag, message, 'decrypt it: openssl pkey -in <key> -out <new key>'));
    return undefined;
  }
  const key = privateKeyFromPem(text);
  if (key === undefined) {
    const message = `${label} holds no private key that can be read`;
    findings.push(wrong('key-invalid', flag, message, 'give an unencrypted key in PEM'));
  }
  return key;
}

function authorityFindings(flag: string, authorities: readonly Certificate[]): FlagFinding[] {
  const cas = authorities.filter(({ x509Certificate }) => x509Certificate.ca);
  if (authorities.length > 0 && cas.length === 0) {
    const message = 'the certificate is no CA: no client could be let in';
    return [wrong('not-a-ca', flag, message, 'give the CA that signs the clients')];
  }
  return cas.flatMap((ca) => timeFindings(flag, ca));
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';

function servingFindings(flag: string, certificate: Certificate): FlagFinding[] {
  const usage = certificate.x509Certificate.keyUsage;
  const serves = usage === undefined || usage.includes(SERVER_AUTH) || usage.includes(ANY_USAGE);
  const message = 'the certificate is not for serving';
  const hint = 'give one with extendedKeyUsage serverAuth';
  return [
    ...timeFindings(flag, certificate),
    ...(serves ? [] : [wrong('wrong-usage', flag, message, hint)]),
    ...keyTypeFindings(flag, certificate.publicKey.type),
  ];
}

/** What a server on BoringSSL binds with, and then has with no client a signature in common (measured with grpcio 1.85). */
function keyTypeFindings(flag: string, type: string): FlagFinding[] {
  if (type.startsWith('rsa-') || type === 'ec-p256' || type === 'ec-p384') return [];
  const message = `the certificate has a key of type ${type}: a server that is built on BoringSSL refuses every client`;
  return [warning('key-type', flag, message, 'give one with an RSA, EC P-256 or EC P-384 key')];
}

function timeFindings(flag: string, certificate: Certificate): FlagFinding[] {
  const now = new Date();
  if (now >= certificate.notAfter) {
    const ended = formatDistance(isoSeconds(certificate.notAfter), now);
    return [wrong('ended', flag, `the certificate ended ${ended}`, 'make it again')];
  }
  if (now < certificate.notBefore) {
    const begins = formatDistance(isoSeconds(certificate.notBefore), now);
    const message = `the certificate is not valid yet: it begins ${begins}`;
    return [wrong('not-begun', flag, message, 'see whether the clock is right')];
  }
  return [];
}
