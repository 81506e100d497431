import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { GenerateCertsError, printable, quote } from '../../../errors.js';
import type { Manifest } from '../../../index.js';
import {
  checkRenewAt,
  DEFAULT_ON_RENEW_TIMEOUT,
  DEFAULT_RENEW_AT,
  msUntilDue,
} from '../../../store/watch.js';
import { parseDuration } from '../../../util/duration.js';
import { formatDistance, formatMoment, isoSeconds } from '../../../util/moments.js';
import { lockTimeoutOption, outOption, passwordFileOption, quietOption } from '../../options.js';
import { givenPassword, warnIfUnused } from '../../password.js';
import { interruptible } from '../../terminal/interrupt.js';
import { reportFailure, Terminal } from '../../terminal/terminal.js';
import { MOUNTED_FILES } from '../../terminal/text.js';

interface WatchCommandOptions {
  out: string;
  renewAt: string;
  onRenew?: string;
  onRenewTimeout: string;
  lockTimeout: string;
  passwordFile?: string;
  quiet?: boolean;
}

export function describeWatch(command: Command): void {
  command
    .addOption(outOption())
    .addOption(
      new Option(
        '--renew-at <share>',
        'the share of its life after which it is renewed, 0.1 to 0.95',
      ).default(String(DEFAULT_RENEW_AT), String(DEFAULT_RENEW_AT)),
    )
    .option(
      '--on-renew <command>',
      'run after each renewal by your shell, as you type it; its output goes to standard error',
    )
    .addOption(
      new Option('--on-renew-timeout <duration>', 'how long that command may take').default(
        DEFAULT_ON_RENEW_TIMEOUT,
        DEFAULT_ON_RENEW_TIMEOUT,
      ),
    )
    .addOption(lockTimeoutOption())
    .addOption(passwordFileOption())
    .addOption(quietOption())
    .action(watch);
}

async function watch(options: WatchCommandOptions): Promise<void> {
  const terminal = new Terminal(options);
  const password = givenPassword(options, terminal);
  const renewAt = checkRenewAt(/^[\d.]+$/.test(options.renewAt) ? Number(options.renewAt) : options.renewAt);
  const { out, onRenew: command, onRenewTimeout, lockTimeout } = options;
  parseDuration(onRenewTimeout);
  const { readManifest, watchCertificateSet } = await import('../../../index.js');
  const manifest = await readManifest(out);
  warnIfUnused(options, manifest, terminal);
  const due = new Date(Date.now() + msUntilDue(manifest, renewAt, Date.now()));
  terminal.progress(
    `watching ${printable(out)}: renews ${formatDistance(isoSeconds(due), new Date())}\n${MOUNTED_FILES}`,
  );
  await interruptible((signal) =>
    watchCertificateSet(out, {
      renewAt,
      lockTimeout,
      password,
      onRenewTimeout,
      signal,
      onRenew: async (renewed, stop) => {
        terminal.result(`renewed ${printable(out)} (${formatLife(renewed)})\n`);
        if (command !== undefined) await runCommand(command, stop);
      },
      onError: (error) => {
        reportFailure(error, terminal);
      },
    }),
  );
}

function formatLife({ expiresAt }: Manifest): string {
  return `ends ${formatMoment(expiresAt)}, ${formatDistance(expiresAt, new Date())}`;
}

/** How long a command that was asked to end may take for it, in milliseconds. */
const KILL_AFTER_MS = 5000;

/** Runs the line that the user typed, in the user's shell, with all that it starts in one group. */
async function runCommand(command: string, stop: AbortSignal): Promise<void> {
  const { spawn } = await import('node:child_process');
  const { onExit } = await import('signal-exit');
  const isWindows = process.platform === 'win32';
  // Standard output is for one line a renewal.
  const child = spawn(command, { shell: true, detached: !isWindows, stdio: ['ignore', 2, 2] });
  const send = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      if (isWindows) child.kill();
      else process.kill(-child.pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    send('SIGTERM');
    timer = setTimeout(() => send('SIGKILL'), KILL_AFTER_MS);
  };
  // A second signal ends this process at once.
  const forget = onExit(() => send('SIGKILL'));
  stop.addEventListener('abort', end);
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  stop.removeEventListener('abort', end);
  clearTimeout(timer);
  forget();
  // What it started and left behind ends with it.
  if (stop.aborted) send('SIGKILL');
  if (status === 0) return;
  const problem = stop.aborted
    ? 'did not end in its time, and was stopped'
    : signal === null
      ? `exited with status ${status}`
      : `was ended by ${signal}`;
  throw new GenerateCertsError(
    'ERR_ON_RENEW_FAILED',
    `the command ${quote(command)} ${problem}`,
    'the set is renewed; the command runs again after the next renewal',
  );
}
