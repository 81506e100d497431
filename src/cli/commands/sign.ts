import { type Command, Option } from 'commander';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import { LARGEST_REQUEST } from '../../pki/read/read-request.js';
import { SIGNED_ROLES } from '../../pki/sign-options.js';
import { serializeManifest } from '../../store/manifest/manifest.js';
import { environmentError } from '../../store/transaction/file-system.js';
import { readRegularFile } from '../../util/regular-file.js';
import { jsonOption, lockTimeoutOption, outOption, passwordFileOption, quietOption } from '../options.js';
import { givenPassword, warnIfUnused } from '../password.js';
import { interruptible } from '../terminal/interrupt.js';
import { Terminal } from '../terminal/terminal.js';
import { formatAdded } from './added.js';

interface Options {
  readonly out: string;
  readonly as: (typeof SIGNED_ROLES)[number];
  readonly name?: string;
  readonly lockTimeout: string;
  readonly passwordFile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function describeSign(command: Command): void {
  command
    .argument('<request...>', 'files with a request each (PKCS#10, PEM or DER)')
    .addOption(
      new Option('--as <role>', 'client, server or peer').choices([...SIGNED_ROLES]).default('client'),
    )
    .addOption(
      new Option(
        '--name <name>',
        "what the party is called in the set: a client's identity, the id of a server or peer",
      ),
    )
    .addOption(outOption())
    .addOption(lockTimeoutOption())
    .addOption(passwordFileOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(async (paths: string[], options: Options) => {
      const { out, as, name, lockTimeout } = options;
      const terminal = new Terminal(options);
      const password = givenPassword(options, terminal);
      if (name !== undefined && paths.length > 1) {
        throw new GenerateCertsError(
          'ERR_USAGE',
          `--name was given with ${paths.length} requests`,
          'sign one request at a time, or leave --name out',
        );
      }
      const requests = paths.map(readRequestFile);
      const { signRequests } = await import('../../index.js');
      const { manifest, signed, warnings } = await interruptible((signal) =>
        signRequests(out, requests, { as, name, lockTimeout, password, signal }),
      );
      for (const warning of warnings) terminal.warn(warning);
      warnIfUnused(options, manifest, terminal);
      if (options.json) {
        terminal.data(serializeManifest(manifest));
        return;
      }
      const parties = signed.map(({ credential }) => credential);
      terminal.result(formatAdded(as, parties, manifest, out));
      for (const { credential, leftOut } of signed) {
        const { subject, subjectAltNames } = credential.certificate;
        terminal.result(
          `  ${printable(credential.name)} has ${printable([subject, ...subjectAltNames].join(', '))}\n`,
        );
        if (leftOut.length > 0) {
          terminal.result(`  left out of what was asked for: ${printable(leftOut.join(', '))}\n`);
        }
      }
    });
}

function readRequestFile(path: string): Buffer {
  try {
    return readRegularFile(path, { most: LARGEST_REQUEST, followLinks: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EFTYPE') {
      throw new GenerateCertsError(
        'ERR_REQUEST_INVALID',
        `there is no request in ${quote(path)}`,
        'give the file that holds it (PKCS#10)',
      );
    }
    if (code === 'EFBIG') {
      throw new GenerateCertsError(
        'ERR_REQUEST_INVALID',
        `${quote(path)} is larger than any request`,
        `a request has at most ${LARGEST_REQUEST} bytes`,
      );
    }
    throw environmentError(error, `read ${printable(path)}`);
  }
}
