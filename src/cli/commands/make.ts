import { GenerateCertsError, quote } from '../../errors.js';
import { type CertificateSetOptions, MOST_NUMBERED_CLIENTS } from '../../request/request.js';
import { ensureSet } from '../../store/ensure.js';
import { serializeManifest } from '../../store/manifest/manifest.js';
import type { EnsureOptions } from '../../store/write-options.js';
import type { MakeOptions } from '../make-options.js';
import { interruptible } from '../terminal/interrupt.js';
import { showingProgress } from '../terminal/progress.js';
import { formatSummary } from '../terminal/summary.js';
import { Terminal } from '../terminal/terminal.js';

/** `generate-certs [name...]`: makes a set, where the one that is there does not serve. */
export async function make(names: readonly string[], options: MakeOptions): Promise<void> {
  const terminal = new Terminal(options);
  const request = {
    ...(names.length > 0 && { names }),
    // The words are checked by the library, which names the known ones.
    layouts: options.layout as CertificateSetOptions['layouts'],
    clients: options.client,
    extraClients: options.clients === undefined ? undefined : wholeNumber(options.clients),
    untrusted: options.untrusted as CertificateSetOptions['untrusted'],
    key: options.key as CertificateSetOptions['key'],
    caKey: options.caKey as CertificateSetOptions['caKey'],
    validFor: options.validFor,
    nameConstraints: options.nameConstraints,
    keyMode: options.keyMode,
    owner: options.owner,
    force: options.force,
    lockTimeout: options.lockTimeout,
    new: options.new,
    dryRun: options.dryRun,
  } satisfies EnsureOptions;
  const result = await interruptible((signal) =>
    showingProgress(!options.quiet && !options.json, (onProgress) =>
      ensureSet(options.out, { ...request, signal }, onProgress),
    ),
  );
  for (const warning of result.warnings) terminal.warn(warning);
  if (options.json) {
    const { outcome, made, kept, removed } = result;
    terminal.data(serializeManifest(result.manifest, { outcome, made, kept, removed }));
  } else terminal.result(formatSummary(result, options.out, terminal.colour, options.dryRun ?? false));
}

function wholeNumber(typed: string): number {
  if (/^\d{1,9}$/.test(typed)) return Number(typed);
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(typed)} is not a number of clients`,
    `use a whole number from 0 to ${MOST_NUMBERED_CLIENTS}`,
  );
}
