import { type Command, Option } from 'commander';
import { serializeManifest } from '../../store/manifest/manifest.js';
import { jsonOption, lockTimeoutOption, outOption, passwordFileOption, quietOption } from '../options.js';
import { givenPassword, warnIfUnused } from '../password.js';
import { interruptible } from '../terminal/interrupt.js';
import { Terminal } from '../terminal/terminal.js';
import { formatAdded } from './added.js';

export function describeServer(command: Command): void {
  command
    .argument('<id=names...>', 'an id, which is the name of its files, and names: api=api.test,localhost')
    .addOption(new Option('--as <role>', 'server or peer').choices(['server', 'peer']).default('server'))
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(passwordFileOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(
      async (
        servers: string[],
        options: {
          out: string;
          as: 'server' | 'peer';
          lockTimeout: string;
          passwordFile?: string;
          json?: boolean;
          quiet?: boolean;
        },
      ) => {
        const { out, as, lockTimeout } = options;
        const terminal = new Terminal(options);
        const password = givenPassword(options, terminal);
        const { addPeers, addServers } = await import('../../index.js');
        const add = as === 'server' ? addServers : addPeers;
        const made = await interruptible((signal) => add(out, servers, { lockTimeout, password, signal }));
        for (const warning of made.warnings) terminal.warn(warning);
        warnIfUnused(options, made.manifest, terminal);
        if (options.json) terminal.data(serializeManifest(made.manifest));
        else terminal.result(formatAdded(as, made.servers, made.manifest, out));
      },
    );
}
