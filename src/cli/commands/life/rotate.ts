import { type Command, Option } from 'commander';
import { printable } from '../../../errors.js';
import { serializeManifest } from '../../../store/manifest/manifest.js';
import type { RotationStep } from '../../../store/rotate.js';
import { formatDistance, formatMoment } from '../../../util/moments.js';
import { jsonOption, lockTimeoutOption, outOption, passwordFileOption, quietOption } from '../../options.js';
import { givenPassword, warnIfUnused } from '../../password.js';
import { interruptible } from '../../terminal/interrupt.js';
import { Terminal } from '../../terminal/terminal.js';

export function describeRotate(command: Command): void {
  command
    .addOption(outOption())
    .addOption(new Option('--step <step>', 'trust, issue or drop (default: the next one)'))
    .addOption(lockTimeoutOption())
    .addOption(passwordFileOption())
    .addOption(jsonOption('print the manifest'))
    .addOption(quietOption())
    .action(
      async (options: {
        out: string;
        step?: RotationStep;
        lockTimeout: string;
        passwordFile?: string;
        json?: boolean;
        quiet?: boolean;
      }) => {
        const terminal = new Terminal(options);
        const password = givenPassword(options, terminal);
        const { rotateCertificateSet } = await import('../../../index.js');
        const { out, step: asked, lockTimeout } = options;
        const { manifest, step, changed } = await interruptible((signal) =>
          rotateCertificateSet(out, { step: asked, lockTimeout, password, signal }),
        );
        warnIfUnused(options, manifest, terminal);
        if (options.json) {
          terminal.data(serializeManifest(manifest));
          return;
        }
        const life = `${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, new Date())}`;
        const { place, done, next } = STEPS[step];
        const again = changed ? '' : ', as before: nothing to do';
        terminal.result(
          `${printable(out)}: step ${place} of 3, ${step}: ${done}${again} (ends ${life})\n${next}\n`,
        );
      },
    );
}

/** What each step did, and what is to be done before the next one. */
const STEPS: Record<RotationStep, { place: number; done: string; next: string }> = {
  trust: {
    place: 1,
    done: 'both CAs are trusted, and the old one still signs',
    next: 'reload all servers and clients that read it, then: generate-certs rotate --step issue',
  },
  issue: {
    place: 2,
    done: 'the new CA issued everything, and the old one is still trusted',
    next: 'reload all servers and clients that read it, then: generate-certs rotate --step drop',
  },
  drop: {
    place: 3,
    done: 'the old CA is trusted no more',
    next: 'reload all servers and clients that read it: what the old CA issued is refused from then on',
  },
};
