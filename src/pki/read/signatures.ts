// What others signed, checked: @peculiar/x509 on @peculiar/webcrypto. It is handed over with each call, because
// the provider that @peculiar/x509 can be given belongs to everybody who uses that package in this process.
import { Crypto } from '@peculiar/webcrypto';
import type { x509 } from './x509.js';

const crypto = new Crypto();

/**
 * Whether a certificate or a revocation list was signed with a CA's key. False for a signature of an algorithm
 * that is not known.
 */
export async function isSignedBy(
  signed: x509.X509Certificate | x509.X509Crl,
  { publicKey }: x509.X509Certificate,
): Promise<boolean> {
  try {
    // A list exports the key by the shared provider: it is given the key of this one.
    const algorithm = { ...publicKey.algorithm, ...signed.signatureAlgorithm };
    const key = { publicKey: await publicKey.export(algorithm, ['verify'], crypto), signatureOnly: true };
    return await signed.verify(key, crypto);
  } catch {
    return false;
  }
}
