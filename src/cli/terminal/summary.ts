import { resolve } from 'node:path';
import { printable } from '../../errors.js';
import { type LayoutName, layoutFolder, layoutOf } from '../../layouts/index.js';
import type { NextStep } from '../../layouts/layout.js';
import { FLAWS } from '../../pki/flaws/flaws.js';
import type { EnsureResult } from '../../store/ensure.js';
import type { Manifest, ManifestCertificate } from '../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import type { Colours } from './colours.js';
import { alignColumns, count, shellQuote } from './text.js';

/** How many clients the summary names. */
const MOST_CLIENTS = 10;

/** What a run made, how long it lives, and what to do with it next. */
export function formatSummary(result: EnsureResult, folder: string, colour: Colours): string {
  const { manifest, made, reason } = result;
  const life = `ends ${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, new Date())}`;
  if (!made) return `the set in ${printable(folder)} is fresh, nothing to do (${life})\n`;
  const anew = reason === undefined ? '' : `the set that was there is made anew: ${reason}\n`;
  const table = alignColumns(certificateRows(manifest)).map((line) => `  ${line}`);
  return [
    `${anew}${colour.bold(`made a set in ${printable(folder)}`)} (${life})`,
    '',
    ...table,
    ...nextSteps(manifest, folder).flatMap((step) => [
      '',
      colour.bold(`${step.title}:`),
      formatCommand(step),
    ]),
    '',
  ].join('\n');
}

function certificateRows({ certificates }: Manifest): string[][] {
  const clients = certificates.filter(({ role }) => role === 'client');
  const named = new Set(clients.slice(0, MOST_CLIENTS));
  const shown = certificates.filter((certificate) => certificate.role !== 'client' || named.has(certificate));
  const rows = shown.map((certificate) => [certificate.role, certificate.key, describe(certificate)]);
  const hidden = clients.length - MOST_CLIENTS;
  if (hidden > 0) rows.push(['', '', `and ${count(hidden, 'client')} more: generate-certs show`]);
  return rows;
}

function describe({ role, name, flaw, subject, subjectAltNames }: ManifestCertificate): string {
  if (role === 'ca') return subject;
  if (role === 'server') return subjectAltNames.join(', ');
  if (role === 'client') return name;
  const summary = FLAWS.find((known) => known.name === flaw)?.summary;
  return summary === undefined ? name : `${flaw}: ${summary}`;
}

function nextSteps({ request }: Manifest, folder: string): NextStep[] {
  const layouts = request.layouts as LayoutName[];
  const open = (Number.parseInt(request.keyMode, 8) & 0o004) !== 0;
  const keyReader = open ? 'everybody' : request.owner === null ? 'self' : { owner: request.owner };
  return layouts.flatMap((name) =>
    layoutOf(name).nextSteps({
      folder: resolve(folder, layoutFolder(name, layouts)),
      quote: shellQuote,
      keyReader,
    }),
  );
}

function formatCommand({ command }: NextStep): string {
  return command.map((line, index) => `${index === 0 ? '  ' : '    '}${line}`).join(' \\\n');
}
