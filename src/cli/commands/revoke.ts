import type { Command } from 'commander';
import { layoutsWithRevocationList } from '../../layouts/index.js';
import { serializeManifest } from '../../store/manifest/manifest.js';
import { formatMoment, isoSeconds } from '../../util/moments.js';
import { jsonOption, lockTimeoutOption, outOption, quietOption } from '../options.js';
import { interruptible } from '../terminal/interrupt.js';
import { Terminal } from '../terminal/terminal.js';
import { MOUNTED_FILES } from '../terminal/text.js';

export function describeRevoke(command: Command): void {
  command
    .argument('<client>', 'the identity it was made with; or the id of a peer or server')
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(
      async (
        identity: string,
        options: { out: string; lockTimeout: string; json?: boolean; quiet?: boolean },
      ) => {
        const terminal = new Terminal(options);
        const { revokeClient } = await import('../../store/change.js');
        const { set, manifest, changed } = await interruptible((signal) =>
          revokeClient(options.out, identity, { lockTimeout: options.lockTimeout, signal }),
        );
        const lists = manifest.certificates.flatMap(({ files }) =>
          Object.values(files).flatMap(({ revocationList }) => revocationList ?? []),
        );
        if (lists.length === 0) {
          terminal.warn({
            message: 'no layout of this set has a revocation list: the client will not be refused',
            hint: `layouts that have one: ${layoutsWithRevocationList().join(', ')}`,
          });
        }
        if (options.json) {
          terminal.data(serializeManifest(manifest));
          return;
        }
        const { name, certificate } = set.party(identity);
        const moment = formatMoment(isoSeconds(set.revokedAt(certificate) ?? new Date()));
        terminal.result(
          changed
            ? `revoked ${name}: CRL number ${manifest.revocationList.number}${lists.map((path) => `, ${path}`).join('')}\n${NEXT_STEP}`
            : `${name} was revoked already, on ${moment}; nothing to do\n`,
        );
      },
    );
}

// nginx reads the list when it starts, and lets a resumed session in (measured with nginx 1.22).
const NEXT_STEP = `reload the server that reads the CRL; a resumed TLS session outlives the revocation\n${MOUNTED_FILES}`;
