import type { Command } from 'commander';
import { printable } from '../../../errors.js';
import { serializeManifest } from '../../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../../util/moments.js';
import { jsonOption, lockTimeoutOption, outOption, passwordFileOption, quietOption } from '../../options.js';
import { givenPassword, warnIfUnused } from '../../password.js';
import { interruptible } from '../../terminal/interrupt.js';
import { Terminal } from '../../terminal/terminal.js';
import { MOUNTED_FILES } from '../../terminal/text.js';

export function describeRenew(command: Command): void {
  command
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(passwordFileOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(
      async (options: {
        out: string;
        lockTimeout: string;
        passwordFile?: string;
        json?: boolean;
        quiet?: boolean;
      }) => {
        const terminal = new Terminal(options);
        const password = givenPassword(options, terminal);
        const { renewCertificateSet } = await import('../../../index.js');
        const { manifest } = await interruptible((signal) =>
          renewCertificateSet(options.out, { lockTimeout: options.lockTimeout, password, signal }),
        );
        warnIfUnused(options, manifest, terminal);
        if (options.json) {
          terminal.data(serializeManifest(manifest));
          return;
        }
        const life = `${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, new Date())}`;
        terminal.result(
          `renewed the set in ${printable(options.out)}, with the same CA key and name (ends ${life})\n${NEXT_STEP}`,
        );
      },
    );
}

const NEXT_STEP = `reload the servers and clients that read it; old and new certificates trust each other\n${MOUNTED_FILES}`;
