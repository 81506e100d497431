import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { quote } from '../errors.js';
import type { Certificate } from '../pki/issue/certificate.js';
import { type PrivateKey, privateKeyFromPem } from '../pki/keys/keys.js';
import { readCertificates } from '../pki/read/read-certificate.js';
import { formatDistance, isoSeconds } from '../util/moments.js';

/**
 * One thing found about a model server's TLS flags.
 *
 * @example
 * ```ts
 * const { findings } = await checkServerFlags(['ovms', '--grpc_key_path', 'certs/grpc/server.key']);
 * const wrong: FlagFinding[] = findings.filter(({ verdict }) => verdict === 'wrong');
 * ```
 */
export interface FlagFinding {
  /** The flag it is about; empty for the command line as a whole. */
  readonly flag: string;
  readonly verdict: 'right' | 'wrong' | 'warning';
  readonly message: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly hint: string;
}

/**
 * What {@link checkServerFlags} found.
 *
 * @example
 * ```ts
 * const report: FlagReport = await checkServerFlags(['ovms', '--port', '9178']);
 * console.log(report.result);
 * ```
 */
export interface FlagReport {
  readonly findings: readonly FlagFinding[];
  readonly result: 'right' | 'wrong';
  /** How each side will be served, as far as the flags say. */
  readonly grpc: 'plaintext' | 'tls' | 'mutual-tls';
  readonly rest: 'plaintext' | 'tls' | 'mutual-tls';
}

const SIDES = ['grpc', 'rest'] as const;
type Side = (typeof SIDES)[number];
const PARTS = ['certificate', 'key', 'ca'] as const;
type Part = (typeof PARTS)[number];

const flagOf = (side: Side, part: Part) => `--${side}_${part}_path`;

/**
 * Checks the TLS flags of a model server's command line before it starts, by the rules of native gRPC
 * TLS, and beyond them: that the key is the certificate's, that the certificate is in date and for
 * serving, that the CA is a CA, and that the key is not readable by others. Flags that it does not know
 * are none of its business. What is in a key file is never part of a finding.
 *
 * @param argv the server's command line: `['ovms', '--grpc_certificate_path', 'server.pem', …]`, both
 * `--flag value` and `--flag=value`
 * @example
 * ```ts
 * const { result, findings } = await checkServerFlags(['ovms', '--grpc_key_path=server.key']);
 * ```
 */
export async function checkServerFlags(argv: readonly string[]): Promise<FlagReport> {
  const { values, findings } = readFlags(argv);
  for (const side of SIDES) {
    const flags = PARTS.map((part) => flagOf(side, part));
    const sound = !findings.some(({ flag, verdict }) => verdict === 'wrong' && flags.includes(flag));
    findings.push(...(await checkSide(side, values, sound)));
  }
  const modes = { grpc: modeOf('grpc', values), rest: modeOf('rest', values) };
  if (values.size === 0) {
    findings.push({
      flag: '',
      verdict: 'wrong',
      message: 'no TLS flag is given: the endpoint will serve plaintext',
      hint: `give ${flagOf('grpc', 'certificate')} and ${flagOf('grpc', 'key')}, and ${flagOf('grpc', 'ca')} for mutual TLS`,
    });
  }
  const wrong = findings.some(({ verdict }) => verdict === 'wrong');
  return { findings, result: wrong ? 'wrong' : 'right', ...modes };
}

type Flags = ReadonlyMap<string, string>;

function readFlags(argv: readonly string[]): { values: Map<string, string>; findings: FlagFinding[] } {
  const known = new Set(SIDES.flatMap((side) => PARTS.map((part) => flagOf(side, part))));
  const values = new Map<string, string>();
  const findings: FlagFinding[] = [];
  for (let index = 1; index < argv.length; index++) {
    const [flag = '', ...rest] = (argv[index] ?? '').split('=');
    if (!known.has(flag)) continue;
    const value = rest.length > 0 ? rest.join('=') : argv[++index];
    if (value === undefined || value === '' || (rest.length === 0 && value.startsWith('--'))) {
      findings.push(wrong(flag, `${flag} has no value`, 'give the path of a file'));
      if (value?.startsWith('--')) index--;
      values.set(flag, '');
    } else if (values.has(flag)) {
      findings.push(wrong(flag, `${flag} is given twice`, 'give it once'));
    } else values.set(flag, value);
  }
  return { values, findings };
}

function modeOf(side: Side, values: Flags): FlagReport['grpc'] {
  const has = (part: Part) => (values.get(flagOf(side, part)) ?? '') !== '';
  if (!has('certificate') || !has('key')) return 'plaintext';
  return has('ca') ? 'mutual-tls' : 'tls';
}

/** `sound`: whether nothing was wrong with the flags themselves. */
async function checkSide(side: Side, values: Flags, sound: boolean): Promise<FlagFinding[]> {
  const [certificateFlag, keyFlag, caFlag] = PARTS.map((part) => flagOf(side, part)) as [
    string,
    string,
    string,
  ];
  const given = [certificateFlag, keyFlag, caFlag].filter((flag) => values.has(flag));
  if (given.length === 0) return [];
  const findings: FlagFinding[] = [];
  for (const [flag, other] of [
    [certificateFlag, keyFlag],
    [keyFlag, certificateFlag],
  ] as const) {
    if (values.has(flag) && !values.has(other)) {
      findings.push(wrong(flag, `${flag} is given without ${other}`, 'give the two together'));
    }
  }
  if (values.has(caFlag) && !(values.has(certificateFlag) && values.has(keyFlag))) {
    const message = `${caFlag} is given without ${certificateFlag} and ${keyFlag}`;
    findings.push(wrong(caFlag, message, 'client certificates are asked for in TLS alone: give all three'));
  }
  const [certificate] = await readChain(certificateFlag, values.get(certificateFlag), findings);
  const key = await readKey(keyFlag, values.get(keyFlag), findings);
  const authorities = await readChain(caFlag, values.get(caFlag), findings);
  if (certificate !== undefined) findings.push(...servingProblems(certificateFlag, certificate));
  if (certificate !== undefined && key !== undefined && !certificate.isOf(key)) {
    findings.push(
      wrong(keyFlag, `the key is not the one of ${certificateFlag}`, 'give the two files of one pair'),
    );
  }
  const cas = authorities.filter(({ x509Certificate }) => x509Certificate.ca);
  if (authorities.length > 0 && cas.length === 0) {
    findings.push(
      wrong(
        caFlag,
        'the certificate is no CA: no client could be let in',
        'give the CA that signs the clients',
      ),
    );
  }
  for (const ca of cas) findings.push(...timeProblems(caFlag, ca));
  if (side === 'rest') {
    findings.push({
      flag: given[0] ?? '',
      verdict: 'warning',
      message: 'a build without OpenSSL in its HTTP server refuses the REST flags at start',
      hint: 'generate-certs serve puts TLS in front of it instead',
    });
  }
  if (sound && !findings.some(({ verdict }) => verdict === 'wrong')) {
    const mode = modeOf(side, values) === 'mutual-tls' ? 'mutual TLS' : 'TLS';
    findings.push({
      flag: given[0] ?? '',
      verdict: 'right',
      message: `${side} will be served with ${mode}`,
      hint: '',
    });
    if (mode === 'TLS') {
      findings.push({
        flag: caFlag,
        verdict: 'warning',
        message: `without ${caFlag} no client certificate is asked for: anybody gets in`,
        hint: `give ${caFlag} for mutual TLS`,
      });
    }
  }
  return findings;
}

/** Every certificate of a file: a chain, or several CAs. */
async function readChain(
  flag: string,
  path: string | undefined,
  findings: FlagFinding[],
): Promise<Certificate[]> {
  const text = await readGiven(flag, path, findings);
  if (text === undefined) return [];
  const blocks = await readCertificates(text);
  const certificates = blocks.filter((certificate) => certificate !== undefined);
  if (blocks.length === 0 || certificates.length < blocks.length) {
    findings.push(
      wrong(flag, `${quote(path)} holds no certificate that can be read`, 'give certificates in PEM'),
    );
  }
  return certificates;
}

async function readKey(
  flag: string,
  path: string | undefined,
  findings: FlagFinding[],
): Promise<PrivateKey | undefined> {
  const text = await readGiven(flag, path, findings);
  if (text === undefined || path === undefined) return undefined;
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o007) !== 0) {
    findings.push({
      flag,
      verdict: 'warning',
      message: `${quote(path)} may be read by every user of this machine (mode ${(mode & 0o777).toString(8)})`,
      hint: 'take the right away: chmod o= and the file',
    });
  }
  const key = privateKeyFromPem(text);
  if (key === undefined) {
    findings.push(
      wrong(flag, `${quote(path)} holds no private key that can be read`, 'give an unencrypted key in PEM'),
    );
  }
  return key;
}

/** More than any PEM file of a server holds: a device or a log is not read to its end. */
const LARGEST_FILE = 4 * 1024 * 1024;

async function readGiven(
  flag: string,
  path: string | undefined,
  findings: FlagFinding[],
): Promise<string | undefined> {
  if (path === undefined || path === '') return undefined;
  const reject = (problem: string, hint: string) => {
    findings.push(wrong(flag, `${quote(path)} ${problem}`, hint));
    return undefined;
  };
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return reject('is not a file', 'give the path of a file');
    if (stats.size === 0) return reject('is empty', 'make it anew');
    if (stats.size > LARGEST_FILE)
      return reject('is too large for a PEM file', 'give the path of a PEM file');
    await access(path, constants.R_OK);
    return await readFile(path, 'utf8');
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return missing
      ? reject('does not exist', 'paths are seen from where the server starts')
      : reject('cannot be read', 'the user who starts the server must be able to read it');
  }
}

function servingProblems(flag: string, certificate: Certificate): FlagFinding[] {
  const findings = timeProblems(flag, certificate);
  const usage = certificate.x509Certificate.keyUsage;
  if (usage !== undefined && !usage.includes('1.3.6.1.5.5.7.3.1') && !usage.includes('2.5.29.37.0')) {
    findings.push(
      wrong(flag, 'the certificate is not for serving', 'give one with extendedKeyUsage serverAuth'),
    );
  }
  return findings;
}

function timeProblems(flag: string, certificate: Certificate): FlagFinding[] {
  const now = new Date();
  if (now >= certificate.notAfter) {
    const ended = formatDistance(isoSeconds(certificate.notAfter), now);
    return [wrong(flag, `the certificate ended ${ended}`, 'make it anew')];
  }
  if (now < certificate.notBefore) {
    const begins = formatDistance(isoSeconds(certificate.notBefore), now);
    return [
      wrong(flag, `the certificate is not valid yet: it begins ${begins}`, 'see whether the clock is right'),
    ];
  }
  return [];
}

function wrong(flag: string, message: string, hint: string): FlagFinding {
  return { flag, verdict: 'wrong', message, hint };
}
