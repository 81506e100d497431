import { printable } from '../../errors.js';
import { flawOf } from '../../pki/flaws/flaws.js';
import type { EnsureResult } from '../../store/ensure-result.js';
import type { Manifest, ManifestCertificate } from '../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import type { Colours } from './colours.js';
import { formatSteps, nextStepsOf, type StorePasswordUse } from './next-steps.js';
import { alignColumns, count } from './text.js';

/** How many parties of a kind the summary names. */
const MOST_NAMED = 10;

/** What a run made, how long it lives, and what to do with it next. */
export function formatSummary(
  result: EnsureResult,
  folder: string,
  colour: Colours,
  {
    dryRun,
    configuration,
    ...password
  }: {
    readonly dryRun: boolean;
    readonly configuration?: string | undefined;
  } & StorePasswordUse,
): string {
  const { manifest, outcome } = result;
  const source = configuration === undefined ? [] : [`  configured by ${printable(configuration)}`];
  const life = `ends ${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, new Date())}`;
  if (outcome === 'unchanged')
    return [`the set in ${printable(folder)} is up to date, nothing to do (${life})`, ...source, ''].join(
      '\n',
    );
  const table = alignColumns(certificateRows(manifest)).map((line) => `  ${line}`);
  return [
    `${colour.bold(headline(result, folder, dryRun))} (${life})`,
    ...source,
    ...result.reasons.slice(0, MOST_REASONS).map((reason) => `  because ${printable(reason)}`),
    ...changeLines(result, dryRun),
    '',
    ...table,
    ...(dryRun ? [] : formatSteps(nextStepsOf(manifest, folder, password), colour)),
    '',
  ].join('\n');
}

/** How many reasons, and how many files of each kind, the summary names. */
const MOST_REASONS = 5;
const MOST_FILES = 4;

const DONE = {
  created: ['made a set in', 'would make a set in'],
  updated: ['updated the set in', 'would update the set in'],
  renewed: ['renewed, with the same CA, the set in', 'would renew, with the same CA, the set in'],
  replaced: ['made, with a new CA, the set in', 'would make, with a new CA, the set in'],
} as const;

function headline({ outcome }: EnsureResult, folder: string, dryRun: boolean): string {
  if (outcome === 'unchanged') return printable(folder);
  return `${DONE[outcome][dryRun ? 1 : 0]} ${printable(folder)}`;
}

/** Which files were made, kept and removed; of a new set that needs no telling. */
function changeLines({ outcome, made, kept, removed }: EnsureResult, dryRun: boolean): string[] {
  if (outcome === 'created' && removed.length === 0 && !dryRun) return [];
  return [
    ...fileLine('made', made),
    ...(kept.length === 0 ? [] : [`  kept     ${count(kept.length, 'file')}`]),
    ...fileLine('removed', removed),
  ];
}

function fileLine(word: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const named = paths.slice(0, MOST_FILES).join(', ');
  const more = paths.length - MOST_FILES;
  return [`  ${word.padEnd(8)} ${named}${more > 0 ? ` and ${count(more, 'more file')}` : ''}`];
}

function certificateRows({ certificates }: Manifest): string[][] {
  const ofRole = (role: ManifestCertificate['role']) =>
    certificates.filter((certificate) => certificate.role === role);
  const hidden = MANY.flatMap((role) => ofRole(role).slice(MOST_NAMED));
  const left = new Set(hidden);
  const rows = certificates
    .filter((certificate) => !left.has(certificate))
    .map((certificate) => [certificate.role, certificate.key ?? 'by request', describe(certificate)]);
  const more = MANY.flatMap((role) => {
    const number = hidden.filter((certificate) => certificate.role === role).length;
    return number === 0 ? [] : count(number, role);
  });
  if (more.length > 0) rows.push(['', '', `and ${more.join(', ')} more: generate-certs show`]);
  return rows;
}

/** The roles of which a set may have any number. */
const MANY = ['server', 'peer', 'client'] as const;

function describe(certificate: ManifestCertificate): string {
  const { role, name, flaw, subject, subjectAltNames } = certificate;
  if (role === 'ca') return subject;
  if (role === 'server' || role === 'peer') {
    const names = subjectAltNames.join(', ');
    return name === role ? names : `${name}: ${names}`;
  }
  if (role === 'client') return name;
  const summary = flawOf(certificate)?.summary;
  return summary === undefined ? name : `${flaw}: ${summary}`;
}
