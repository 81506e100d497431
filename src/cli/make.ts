import { type Command, Option } from 'commander';
import { GenerateCertsError, quote } from '../errors.js';
import { LAYOUT_NAMES } from '../layouts/index.js';
import { type CertificateSetOptions, MOST_CLIENTS } from '../layouts/request.js';
import { FLAWS } from '../pki/flaws.js';
import { KEY_TYPES } from '../pki/keys.js';
import { ensureCertificateSet } from '../store/ensure.js';
import { serializeManifest } from '../store/manifest.js';
import type { WriteOptions } from '../store/write.js';
import { interruptible } from './interrupt.js';
import { gather, jsonOption, lockTimeoutOption, outOption, quietOption } from './options.js';
import { formatSummary } from './summary.js';
import { Terminal } from './terminal.js';

interface MakeOptions {
  out: string;
  layout?: string[];
  client?: string[];
  clients: string;
  untrusted?: string[];
  key?: string;
  validFor: string;
  caKey: string;
  nameConstraints?: boolean;
  keyMode: string;
  owner?: string;
  force?: boolean;
  lockTimeout: string;
  json?: boolean;
  quiet?: boolean;
}

/** Makes `generate-certs [name...]` of the program: it makes a set. */
export function describeMake(program: Command): void {
  program
    .argument('[name...]', "the endpoint's names: DNS names (*.api.test too) and IP addresses")
    .addOption(outOption())
    .addOption(
      new Option(
        '-l, --layout <layout>',
        `${LAYOUT_NAMES.join(' or ')}; may be repeated (default: both)`,
      ).argParser(gather),
    )
    .addOption(
      new Option(
        '-c, --client <identity>',
        'a client to let in; may be repeated (default: client)',
      ).argParser(gather),
    )
    .addOption(new Option('--clients <n>', 'n more clients, client-1 to client-n').default('0', '0'))
    .addOption(
      new Option(
        '-u, --untrusted <flaw>',
        'a client to refuse; may be repeated; all; none (default: unknown-ca)',
      ).argParser(gather),
    )
    .addOption(
      new Option(
        '-k, --key <type>',
        `${KEY_TYPES.join(', ')} (default: the first that every chosen layout accepts)`,
      ),
    )
    .addOption(new Option('--valid-for <duration>', '90s, 30m, 12h, 1d; at most 30d').default('1d', '1d'))
    .addOption(new Option('--ca-key <type>', "the CA's own key").default('ec-p256', 'ec-p256'))
    .option('--name-constraints', 'a CA that may sign only the DNS names asked for')
    .addOption(new Option('--key-mode <octal>', 'permissions of server.key').default('600', '600'))
    .option('--owner <uid[:gid]>', 'owner of server.key, for root (default: the user)')
    .option('--force', "replace files that are not this program's")
    .addOption(lockTimeoutOption())
    .addOption(jsonOption('print the manifest instead of the summary'))
    .addOption(quietOption())
    .action(make);
}

async function make(names: string[], options: MakeOptions): Promise<void> {
  const terminal = new Terminal(options);
  const request = {
    ...(names.length > 0 && { names }),
    // The words are checked by the library, which names the known ones.
    layouts: options.layout as CertificateSetOptions['layouts'],
    clients: options.client,
    extraClients: wholeNumber(options.clients),
    untrusted: options.untrusted as CertificateSetOptions['untrusted'],
    key: options.key as CertificateSetOptions['key'],
    caKey: options.caKey as CertificateSetOptions['caKey'],
    validFor: options.validFor,
    nameConstraints: options.nameConstraints,
    keyMode: options.keyMode,
    owner: options.owner,
    force: options.force,
    lockTimeout: options.lockTimeout,
  } satisfies CertificateSetOptions & WriteOptions;
  const result = await interruptible((signal) => ensureCertificateSet(options.out, { ...request, signal }));
  for (const warning of result.warnings) terminal.warn(warning);
  if (options.json) terminal.data(serializeManifest(result.manifest));
  else terminal.result(formatSummary(result, options.out, terminal.colour));
}

function wholeNumber(typed: string): number {
  if (/^\d{1,9}$/.test(typed)) return Number(typed);
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(typed)} is not a number of clients`,
    `use a whole number from 0 to ${MOST_CLIENTS}`,
  );
}

/** The catalogue of flaws for the help text. */
export function flawLines(): string[] {
  const width = Math.max(...FLAWS.map(({ name }) => name.length));
  return FLAWS.map(({ name, summary, severity }) => {
    return `  ${name.padEnd(width)}  ${summary}${severity === 'policy' ? ' (policy)' : ''}`;
  });
}
