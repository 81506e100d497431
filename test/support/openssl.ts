import { join } from 'node:path';
import { run } from './program.js';

/** What `openssl verify` says of a certificate; an empty string where it has nothing against it. */
export function opensslVerify(args: readonly string[]): string {
  const { status, stdout, stderr } = run('openssl', ['verify', ...args]);
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** A certificate as OpenSSL prints it. */
export function opensslText(path: string): string {
  return run('openssl', ['x509', '-in', path, '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus_space'])
    .stdout;
}

/** What GnuTLS says of a certificate and the CA that is to have signed it. */
export function certtoolVerify(ca: string, certificate: string, purpose: string, crl?: string): string {
  const { stdout, stderr } = run('certtool', [
    '--verify',
    '--load-ca-certificate',
    ca,
    '--infile',
    certificate,
    '--verify-purpose',
    purpose,
    ...(crl === undefined ? [] : ['--load-crl', crl]),
  ]);
  return `${stdout}${stderr}`;
}

/** Makes a request with openssl; its key is beside it. */
export function opensslRequest(folder: string, name: string, ...more: string[]): string {
  const path = join(folder, `${name}.csr`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const made = run('openssl', [
    ...['req', '-new', ...(more.includes('-newkey') ? [] : key), '-nodes'],
    ...['-keyout', join(folder, `${name}.key`), '-out', path],
    ...(more.includes('-subj') ? [] : ['-subj', `/CN=${name}`]),
    ...more,
  ]);
  if (made.status !== 0) throw new Error(`openssl req: ${made.stderr}`);
  return path;
}
