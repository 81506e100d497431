import type { Command } from 'commander';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import { flawOf } from '../../pki/flaws/flaws.js';
import { DEFAULT_PASSWORD } from '../../pki/formats/default-password.js';
import { opensKeystores } from '../../store/keystores.js';
import type { Damage } from '../../store/manifest/damages.js';
import { type Manifest, type ManifestCertificate, serializeManifest } from '../../store/manifest/manifest.js';
import { inspectSet } from '../../store/manifest/read.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import { htmlOption, jsonOption, outOption, quietOption } from '../options.js';
import { writeReport } from '../report/print.js';
import type { Colours } from '../terminal/colours.js';
import { formatSteps, nextStepsOf } from '../terminal/next-steps.js';
import { Terminal } from '../terminal/terminal.js';

export function describeShow(command: Command): void {
  command
    .addOption(outOption())
    .addOption(jsonOption('print the manifest'))
    .option('--next <layout>', 'what to do with the files of a layout, ready to paste')
    .addOption(htmlOption())
    .addOption(quietOption())
    .action(
      async (options: { out: string; json?: boolean; next?: string; html?: string; quiet?: boolean }) => {
        const terminal = new Terminal(options);
        const { manifest, damages } = await inspectSet(options.out);
        if (options.html !== undefined) {
          const { formatSetPage } = await import('../../verify/page/set-page.js');
          const problems = new Map([...damages].map(([path, { text }]) => [path, text]));
          await writeReport(options.html, formatSetPage(manifest, problems, new Date()));
        }
        if (options.next !== undefined) {
          terminal.result(`${await stepsOf(manifest, options.out, options.next, terminal.colour)}\n`);
          return;
        }
        if (options.json) terminal.data(serializeManifest(manifest));
        else terminal.result(formatTree(manifest, damages, options.out, terminal.colour));
      },
    );
}

async function stepsOf(manifest: Manifest, folder: string, layout: string, colour: Colours): Promise<string> {
  if (!manifest.request.layouts.includes(layout)) {
    throw new GenerateCertsError(
      'ERR_LAYOUT_UNKNOWN',
      `the set in ${quote(folder)} has no layout ${quote(layout)}`,
      `it has ${manifest.request.layouts.join(', ')}`,
    );
  }
  const hasDefaultPassword = await opensKeystores(folder, manifest, DEFAULT_PASSWORD);
  return formatSteps(nextStepsOf(manifest, folder, { only: layout, hasDefaultPassword }), colour)
    .slice(1)
    .join('\n');
}

function formatTree(
  manifest: Manifest,
  damages: ReadonlyMap<string, Damage>,
  folder: string,
  colour: Colours,
): string {
  const now = new Date();
  const ended = Date.parse(manifest.expiresAt) <= now.getTime();
  const end = `${ended ? 'ended' : 'ends'} ${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, now)}`;
  const groups = groupBySigner(manifest.certificates);
  const authorities = new Map(
    manifest.certificates.filter(({ role }) => role === 'ca').map((entry) => [entry.subject, entry]),
  );
  const lines = [
    colour.bold(`the set in ${printable(folder)}`),
    `made ${formatMoment(manifest.createdAt)}, ${ended ? colour.red(end) : end}`,
    ...standing(manifest),
    '',
  ];
  for (const [signer, certificates] of groups) {
    lines.push(colour.bold(signer));
    const ca = authorities.get(signer);
    if (ca !== undefined) {
      lines.push(...details(ca, certificates.length > 0 ? '│   ' : '    ', damages, colour));
    }
    certificates.forEach((certificate, index) => {
      const last = index === certificates.length - 1;
      lines.push(`${last ? '└── ' : '├── '}${title(certificate)}`);
      // A CA has its details at the head of what it signed.
      if (certificate.role === 'ca') return;
      lines.push(...details(certificate, last ? '    ' : '│   ', damages, colour));
    });
    lines.push('');
  }
  return lines.join('\n');
}

/** Where the set stands besides: the folder of its CA, and a rotation that is under way. */
function standing({ request, rotation }: Manifest): string[] {
  const ca = request.ca === null ? [] : [`the CA is that of ${printable(request.ca)}, with its key there`];
  if (rotation === undefined) return ca;
  return [
    ...ca,
    rotation.step === 'trust'
      ? 'rotation, step 1 of 3 (trust): the next CA is trusted too; the next step is issue'
      : 'rotation, step 2 of 3 (issue): the previous CA is still trusted; the next step is drop',
  ];
}

/** What each CA signed, the root first, then what others signed: the flawed ones' signers. */
function groupBySigner(certificates: readonly ManifestCertificate[]): Map<string, ManifestCertificate[]> {
  const authorities = certificates.filter(({ role }) => role === 'ca').map(({ subject }) => subject);
  const groups = new Map<string, ManifestCertificate[]>(authorities.map((subject) => [subject, []]));
  const [root = 'the CA'] = authorities;
  for (const certificate of certificates) {
    const { role, subject, issuer } = certificate;
    if (role === 'ca' && subject === issuer) continue;
    const other = flawOf(certificate)?.signedBy;
    const signer = other ?? (groups.has(issuer) ? issuer : root);
    const group = groups.get(signer);
    if (group === undefined) groups.set(signer, [certificate]);
    else group.push(certificate);
  }
  return groups;
}

function title(certificate: ManifestCertificate): string {
  const { role, name, flaw, subject } = certificate;
  if (flaw !== null) {
    const summary = flawOf(certificate)?.summary;
    return summary === undefined ? name : `${name}: ${summary}`;
  }
  const isNamed = role === 'client' ? subject !== `CN=${name}` : role !== 'ca' && name !== role;
  return isNamed ? `${role} ${name}` : `${role} ${subject}`;
}

function details(
  certificate: ManifestCertificate,
  indent: string,
  damages: ReadonlyMap<string, Damage>,
  colour: Colours,
): string[] {
  const names = certificate.subjectAltNames.join(', ');
  const revoked = certificate.revokedAt === null ? '' : `, revoked ${formatMoment(certificate.revokedAt)}`;
  const files = Object.values(certificate.files).flatMap((parts) => Object.values(parts));
  return [
    `${names === '' ? '' : `${names}, `}${certificate.key ?? 'key not in the set'}, serial ${certificate.serialNumber}${revoked}`,
    ...[...new Set(files)].map((path) => {
      const damage = damages.get(path);
      return damage === undefined ? colour.dim(path) : colour.red(`${path} ${damage.text}`);
    }),
  ].map((line) => `${indent}  ${line}`);
}
