import { GenerateCertsError } from '../../errors.js';
import type { PrivateKey } from '../keys/keys.js';

/**
 * `EC PRIVATE KEY` (RFC 5915 section 4).
 *
 * @throws {@link GenerateCertsError} `ERR_KEY_FORMAT` for a key that is not on a curve
 */
export function encodeSec1(key: PrivateKey): string {
  return exportAs('sec1', 'ec', key);
}

/**
 * `RSA PRIVATE KEY` (RFC 8017 appendix A.1.2).
 *
 * @throws {@link GenerateCertsError} `ERR_KEY_FORMAT` for a key that is not RSA
 */
export function encodePkcs1(key: PrivateKey): string {
  return exportAs('pkcs1', 'rsa', key);
}

function exportAs(format: 'sec1' | 'pkcs1', kind: 'ec' | 'rsa', { type, keyObject }: PrivateKey): string {
  if (keyObject.asymmetricKeyType === kind)
    return keyObject.export({ type: format, format: 'pem' }) as string;
  throw new GenerateCertsError(
    'ERR_KEY_FORMAT',
    `a key of type ${type} cannot be written as ${format.toUpperCase()}`,
    kind === 'ec' ? 'SEC1 is for EC keys; PKCS1 is for RSA' : 'PKCS1 is for RSA keys; SEC1 is for EC',
  );
}
