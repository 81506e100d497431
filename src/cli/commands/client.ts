import type { Command } from 'commander';
import { printable } from '../../errors.js';
import { serializeManifest } from '../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import { jsonOption, lockTimeoutOption, outOption, quietOption } from '../options.js';
import { interruptible } from '../terminal/interrupt.js';
import { Terminal } from '../terminal/terminal.js';
import { count, MOUNTED_FILES } from '../terminal/text.js';

export function describeClient(command: Command): void {
  command
    .argument('<identity...>', 'plain names, e-mail addresses, DNS names, IP addresses or URIs')
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(
      async (
        identities: string[],
        options: { out: string; lockTimeout: string; json?: boolean; quiet?: boolean },
      ) => {
        const terminal = new Terminal(options);
        const { addClients } = await import('../../index.js');
        const { manifest, clients } = await interruptible((signal) =>
          addClients(options.out, identities, { lockTimeout: options.lockTimeout, signal }),
        );
        if (options.json) terminal.data(serializeManifest(manifest));
        else {
          const names = clients.map(({ name }) => `  ${name}: ${pathsOf(manifest.certificates, name)}\n`);
          const life = `${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, new Date())}`;
          terminal.result(
            `made ${count(clients.length, 'client')} in ${printable(options.out)} (ends ${life})\n${names.join('')}${MOUNTED_FILES}`,
          );
        }
      },
    );
}

function pathsOf(
  certificates: readonly {
    role: string;
    name: string;
    files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  }[],
  client: string,
): string {
  const entry = certificates.find(({ role, name }) => role === 'client' && name === client);
  return Object.values(entry?.files ?? {})
    .flatMap((parts) => Object.values(parts))
    .join(', ');
}
