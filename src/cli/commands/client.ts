import type { Command } from 'commander';
import { serializeManifest } from '../../store/manifest/manifest.js';
import { jsonOption, lockTimeoutOption, outOption, passwordFileOption, quietOption } from '../options.js';
import { givenPassword, warnIfUnused } from '../password.js';
import { interruptible } from '../terminal/interrupt.js';
import { Terminal } from '../terminal/terminal.js';
import { formatAdded } from './added.js';

export function describeClient(command: Command): void {
  command
    .argument(
      '<identity...>',
      'plain or distinguished names, e-mail addresses, DNS names, IP addresses or URIs',
    )
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(passwordFileOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(
      async (
        identities: string[],
        options: { out: string; lockTimeout: string; passwordFile?: string; json?: boolean; quiet?: boolean },
      ) => {
        const terminal = new Terminal(options);
        const password = givenPassword(options, terminal);
        const { addClients } = await import('../../store/add.js');
        const { manifest, clients, warnings } = await interruptible((signal) =>
          addClients(options.out, identities, { lockTimeout: options.lockTimeout, password, signal }),
        );
        for (const warning of warnings) terminal.warn(warning);
        warnIfUnused(options, manifest, terminal);
        if (options.json) terminal.data(serializeManifest(manifest));
        else terminal.result(formatAdded('client', clients, manifest, options.out));
      },
    );
}
