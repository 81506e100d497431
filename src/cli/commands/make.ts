import { DEFAULT_PASSWORD } from '../../pki/formats/default-password.js';
import { ensureSet } from '../../store/ensure.js';
import { opensKeystores } from '../../store/keystores.js';
import { serializeManifest } from '../../store/manifest/manifest.js';
import type { EnsureOptions } from '../../store/write-options.js';
import { configured } from '../configuration.js';
import { givenFields, type MakeOptions } from '../make-options.js';
import { givenPassword, warnIfUnused } from '../password.js';
import { interruptible } from '../terminal/interrupt.js';
import { showingProgress } from '../terminal/progress.js';
import { formatSummary } from '../terminal/summary.js';
import { Terminal } from '../terminal/terminal.js';

/** `generate-certs [name...]`: makes a set, where the one that is there does not serve. */
export async function make(names: readonly string[], options: MakeOptions): Promise<void> {
  const terminal = new Terminal(options);
  const password = givenPassword(options, terminal);
  const given: EnsureOptions = { ...(names.length > 0 && { names }), ...givenFields(options) };
  const { file, options: request } = await configured(given, options, terminal);
  const result = await interruptible((signal) =>
    showingProgress(!options.quiet && !options.json, (onProgress) =>
      ensureSet(options.out, { ...request, password, signal }, onProgress),
    ),
  );
  for (const warning of result.warnings) terminal.warn(warning);
  warnIfUnused(options, result.manifest, terminal);
  if (options.json) {
    const { outcome, made, kept, removed } = result;
    terminal.data(serializeManifest(result.manifest, { outcome, made, kept, removed }));
  } else {
    const { out, dryRun = false, passwordFile } = options;
    const hasDefaultPassword = await opensKeystores(out, result.manifest, DEFAULT_PASSWORD);
    terminal.result(
      formatSummary(result, out, terminal.colour, {
        dryRun,
        hasDefaultPassword,
        passwordFile,
        configuration: file,
      }),
    );
  }
}
