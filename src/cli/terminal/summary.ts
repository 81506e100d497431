import { resolve } from 'node:path';
import { printable } from '../../errors.js';
import { layoutFolder, layoutOf } from '../../layouts/index.js';
import type { NextStep, Party } from '../../layouts/layout.js';
import { flawOf } from '../../pki/flaws/flaws.js';
import { partyFileName } from '../../pki/names/party-names.js';
import { endpointNamesOf } from '../../pki/names/server.js';
import { recordedKeyAccess } from '../../request/key-access.js';
import type { EnsureResult } from '../../store/ensure-result.js';
import type { Manifest, ManifestCertificate } from '../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import { shellQuote } from '../../util/shell-quote.js';
import type { Colours } from './colours.js';
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
    hasDefaultPassword,
  }: {
    readonly dryRun: boolean;
    readonly configuration?: string | undefined;
    readonly hasDefaultPassword: boolean;
  },
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
    ...(dryRun ? [] : formatSteps(nextStepsOf(manifest, folder, { hasDefaultPassword }), colour)),
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

/**
 * What to do with the files of a set's layouts, for people.
 *
 * @param only one layout, with everything that it has to say; else what is short, of each
 * @param hasDefaultPassword whether its keystores have the default password
 */
export function nextStepsOf(
  { request, certificates }: Manifest,
  folder: string,
  { only, hasDefaultPassword }: { readonly only?: string; readonly hasDefaultPassword: boolean },
): (NextStep & { readonly layout: string })[] {
  const { layouts } = request;
  const { mode, owner } = recordedKeyAccess(request);
  const keyReader = (mode & 0o004) !== 0 ? 'everybody' : owner === undefined ? 'self' : { owner: owner.text };
  const isAlone = layouts.length === 1;
  return layouts
    .filter((name) => only === undefined || name === only)
    .flatMap((layout) =>
      layoutOf(layout)
        .nextSteps({
          folder: resolve(folder, layoutFolder(layout, layouts)),
          out: folder,
          isAlone,
          issuer: request.issuer ? 'made' : request.ca === null ? 'possible' : 'refused',
          name: endpointNamesOf(request)[0] ?? 'localhost',
          quote: shellQuote,
          keyReader,
          hasDefaultPassword,
          parties: () => partiesOf(certificates),
        })
        .filter(({ onlyIfAsked }) => onlyIfAsked !== true || isAlone || only !== undefined)
        .map((step) => ({ ...step, layout })),
    );
}

/** The holders of certificates, as the layouts name their files. */
function partiesOf(certificates: readonly ManifestCertificate[]): Party[] {
  return certificates.flatMap(({ role, name }) =>
    role === 'ca' ? [] : [{ role, name, fileName: partyFileName(role, name) }],
  );
}

/** Steps with their titles, each ready to paste. */
export function formatSteps(
  steps: readonly (NextStep & { readonly layout: string })[],
  colour: Colours,
): string[] {
  return steps.flatMap((step) => ['', colour.bold(`${step.title}:`), ...linesOf(step)]);
}

function linesOf(step: NextStep): string[] {
  if ('lines' in step) return step.lines.map((line) => `  ${line}`);
  const last = step.command.length - 1;
  return step.command.map(
    (line, index) => `${index === 0 ? '  ' : '    '}${line}${index < last ? ' \\' : ''}`,
  );
}
