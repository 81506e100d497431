import type { Command } from 'commander';
import { printable } from '../../errors.js';
import { jsonOption, lockTimeoutOption, outOption, quietOption } from '../options.js';
import { interruptible } from '../terminal/interrupt.js';
import { Terminal } from '../terminal/terminal.js';
import { count } from '../terminal/text.js';

export function describeClean(command: Command): void {
  command
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(jsonOption('print what was removed and what was kept as JSON'))
    .addOption(quietOption())
    .action(async (options: { out: string; lockTimeout: string; json?: boolean; quiet?: boolean }) => {
      const terminal = new Terminal(options);
      const { lockTimeout } = options;
      const { removeCertificateSet } = await import('../../index.js');
      const result = await interruptible((signal) =>
        removeCertificateSet(options.out, { lockTimeout, signal }),
      );
      for (const path of result.kept) {
        terminal.warn({
          message: `${path} stays: it holds something that is not of this set`,
          hint: 'remove it yourself if it is not needed',
        });
      }
      if (options.json) terminal.data(`${JSON.stringify(result, null, 2)}\n`);
      else {
        const paths = result.removed.map((path) => `  ${path}\n`).join('');
        const folder = result.folderRemoved ? ', and the folder' : '';
        terminal.result(
          `removed ${count(result.removed.length, 'file')} from ${printable(options.out)}${folder}\n${paths}`,
        );
      }
    });
}
