import { requireSet } from '../../pki/given-set.js';
import type { CertificateSet } from '../../pki/set.js';
import { loadCertificateSet } from '../../store/manifest/load.js';
import { checkFlag, readOptions } from '../../util/options.js';
import type { Finding } from '../report/finding.js';
import type { VerifyReport } from '../report/row.js';
import { summarize } from '../report/summary.js';
import { toRow } from '../report/to-row.js';
import { certificateFindings } from './certificates.js';
import { setFinding } from './finding.js';
import { shakeHands } from './handshakes.js';
import { revocationListFindings } from './revocation-lists.js';
import { folderSource, memorySource, type Source } from './source.js';

/**
 * How thoroughly a set is checked, and how strictly judged.
 *
 * @example
 * ```ts
 * const options: VerifySetOptions = { strict: true, handshakes: false };
 * const { result } = await verifyCertificateSet('certs', options);
 * ```
 */
export interface VerifySetOptions {
  /**
   * Whether a warning makes the result wrong.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * Whether to make real handshakes over loopback: for valid clients, for none, and for each client to refuse.
   * @default true
   */
  readonly handshakes?: boolean | undefined;
}

/** Below this share of its life a set gets a warning. */
const SHARE_LEFT = 0.25;

/**
 * Checks a set by itself: its files, each certificate with its key, its chain, purpose, names and time, the
 * revocation list, and then real handshakes over loopback. Gives all findings, not just the first.
 *
 * @param from a set in memory, or the folder of one
 * @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID`, `ERR_OUT_INVALID` or
 * `ERR_FILE_SYSTEM`; what is wrong with the set itself is never an error but a row
 * @example
 * ```ts
 * const { result, rows } = await verifyCertificateSet(set);
 * ```
 */
export async function verifyCertificateSet(
  from: CertificateSet | string,
  options: VerifySetOptions = {},
): Promise<VerifyReport> {
  const given = readOptions(options, ['strict', 'handshakes'], '{ strict: true }');
  const strict = checkFlag('strict', given.strict ?? false);
  const handshakes = checkFlag('handshakes', given.handshakes ?? true);
  if (typeof from !== 'string') requireSet(from);
  const source = typeof from === 'string' ? await folderSource(from) : memorySource(from);
  const findings = await sourceFindings(source);
  if (handshakes) {
    const broken = findings.some(({ verdict }) => verdict === 'wrong');
    const set = broken ? undefined : typeof from === 'string' ? await loadCertificateSet(from) : from;
    findings.push(
      ...(set === undefined ? [handshakesNotTried(source)] : await handshakeFindings(source, set)),
    );
  }
  return summarize(findings.map(toRow), { strict });
}

/** All that the files in a set's folder tell, without a handshake. */
export async function folderFindings(folder: string): Promise<Finding[]> {
  return sourceFindings(await folderSource(folder));
}

async function sourceFindings(source: Source): Promise<Finding[]> {
  const now = new Date();
  return [
    ...source.fileFindings,
    ...(await certificateFindings(source, now)),
    ...(await revocationListFindings(source, now)),
    lifeFinding(source, now),
  ];
}

function lifeFinding({ subject, manifest }: Source, now: Date): Finding {
  const { createdAt, expiresAt } = manifest;
  const left = Date.parse(expiresAt) - now.getTime();
  const end = { expiresAt, now };
  const finding: Finding = {
    ...setFinding(subject, { kind: 'life' }, { kind: 'life' }, left <= 0 ? [{ kind: 'set-ended', end }] : []),
    observed: { kind: 'time-left', end },
  };
  if (left <= 0 || left >= (Date.parse(expiresAt) - Date.parse(createdAt)) * SHARE_LEFT) return finding;
  return { ...finding, verdict: 'warning', severity: 'policy', note: { kind: 'life-short' } };
}

async function handshakeFindings({ subject }: Source, set: CertificateSet): Promise<Finding[]> {
  const shakes = await shakeHands(set);
  return shakes.map(({ tried, excused, letIn, by, milliseconds }) => {
    const kind = letIn ? 'let-in' : 'refused';
    const about = { kind: 'handshake', with: tried.tried } as const;
    return {
      ...setFinding(subject, about, { kind: tried.expected }),
      observed: { kind },
      by,
      severity: tried.severity,
      // Whether Node lets such a flaw in is a matter of its own set-up, and nothing against the set.
      verdict: kind === tried.expected || excused ? 'right' : 'wrong',
      milliseconds,
    };
  });
}

function handshakesNotTried({ subject }: Source): Finding {
  return {
    ...setFinding(subject, { kind: 'handshakes' }, { kind: 'made' }),
    observed: { kind: 'not-tried' },
    verdict: 'inconclusive',
    note: { kind: 'set-not-right' },
  };
}
