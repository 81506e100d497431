import { type ChildProcess, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { onExit } from 'signal-exit';
import { GenerateCertsError, quote } from '../../errors.js';
import type { ClientCredential } from '../../pki/credential.js';
import type { CertificateSet } from '../../pki/set.js';
import { environmentError } from '../../store/transaction/file-system.js';
import { makeTemporaryFolder } from '../../store/transaction/temporary-folder.js';
import type { CallEndCause } from '../report/finding.js';
import { endProcessesWith } from './descendants.js';
import { type CallEnd, NOT_IN_TIME } from './judge.js';
import type { ClientTarget } from './options.js';
import { quoteSaid } from './said.js';

/** What an argument may hold in braces, and a variable of the environment says as well. */
export const PLACEHOLDERS = ['url', 'host', 'port', 'ca', 'cert', 'key'] as const;
type Values = Record<(typeof PLACEHOLDERS)[number], string>;

/** Makes one call and says how it ended. Fails only where no call can be made at all. */
export type Caller = (target: Omit<ClientTarget, 'signal'>, signal: AbortSignal) => Promise<CallEnd>;

/** A command that is run once for each server, with its files. */
export interface CommandCaller {
  readonly call: Caller;
  readonly remove: () => Promise<void>;
}

/**
 * Writes what a command needs into a folder that only this user can enter.
 *
 * @throws {@link GenerateCertsError} `ERR_FILE_SYSTEM`
 */
export async function commandCaller(
  command: readonly string[],
  set: CertificateSet,
  client: ClientCredential | undefined,
): Promise<CommandCaller> {
  let folder = '';
  try {
    folder = await makeTemporaryFolder('client');
    await writeFile(join(folder, 'ca.pem'), set.trustedPem);
    await writeFile(join(folder, 'client.pem'), client?.pem ?? '');
    await writeFile(join(folder, 'client.key'), client?.privateKey.pem ?? '', { mode: 0o600 });
  } catch (error) {
    if (folder !== '') await rm(folder, { recursive: true, force: true });
    throw environmentError(error, `write into ${folder === '' ? tmpdir() : folder}`);
  }
  const file = (name: string) => join(folder, name);
  const endAll = () => endProcessesWith(`${variableOf('ca')}=${file('ca.pem')}`);
  const forget = onExit(endAll);
  return {
    call: ({ url, host, port }, signal) =>
      runCommand(
        command,
        {
          ...{ url, host, port: String(port) },
          ...{ ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') },
        },
        signal,
      ),
    remove: async () => {
      forget();
      endAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** How long a command that is told to end may take for it, in milliseconds. */
const LAST_MOMENTS = 500;
/** How long its output may still come after its end, in milliseconds. */
const LAST_WORDS = 200;
/** How much of its output is kept. */
const KEPT = 4096;

const variableOf = (name: (typeof PLACEHOLDERS)[number]) => `GENERATE_CERTS_${name.toUpperCase()}`;

/** Runs a command without a shell, in a process group of its own, which ends with it. */
function runCommand(command: readonly string[], values: Values, signal: AbortSignal): Promise<CallEnd> {
  const [file = '', ...args] = command.map((word) => fillIn(word, values));
  const variables = PLACEHOLDERS.map((name) => [variableOf(name), values[name]]);
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...Object.fromEntries(variables) },
    });
    const kill = (name: NodeJS.Signals) => signalGroup(child, name);
    const forget = onExit(() => kill('SIGKILL'));
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      kill('SIGTERM');
      timer = setTimeout(() => kill('SIGKILL'), LAST_MOMENTS);
    };
    signal.addEventListener('abort', stop, { once: true });
    const lastOf = (stream: NodeJS.ReadableStream) => {
      let kept = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        kept = `${kept}${text}`.slice(-KEPT);
      });
      return () => kept;
    };
    const [output, errors] = [lastOf(child.stdout), lastOf(child.stderr)];
    const done = () => {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
      forget();
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      done();
      reject(cannotRun(file, error));
    });
    child.on('exit', (status, killed) => {
      // What it has started in the background goes with it.
      kill('SIGKILL');
      done();
      // A grandchild that has left the group may hold the pipes: they are not waited for without end.
      const last = setTimeout(report, LAST_WORDS);
      child.once('close', report);
      function report() {
        clearTimeout(last);
        const line = tellingLine(errors(), file) || tellingLine(output(), file);
        const said = line === '' ? '' : quoteSaid(line);
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        if (signal.aborted) return resolve(NOT_IN_TIME);
        const cause: CallEndCause =
          killed === null ? { kind: 'exited', status, said } : { kind: 'killed', signal: killed, said };
        resolve({ succeeded: status === 0, cause });
      }
    });
  });
}

function fillIn(word: string, values: Values): string {
  return word.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name as keyof Values] : whole));
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The whole group has ended.
  }
}

/** The last line that speaks of a failure, else the last: some programs end with advice. */
function tellingLine(text: string, program: string): string {
  const lines = text.trim().split('\n');
  const own = `${basename(program)}: `;
  const speaks = (line: string) =>
    line.startsWith(own) || /^\S.*(error|problem|fail|exception)[^:]*:/i.test(line);
  return (lines.findLast(speaks) ?? lines.at(-1) ?? '').trim();
}

function cannotRun(file: string, error: NodeJS.ErrnoException): GenerateCertsError {
  const missing = error.code === 'ENOENT';
  return new GenerateCertsError(
    'ERR_PROGRAM_MISSING',
    missing
      ? `there is no program ${quote(file)}`
      : `cannot run ${quote(file)}: ${error.code ?? error.message}`,
    'see that it is installed and on the PATH; there is no shell, so it cannot be a whole command line',
    { cause: error },
  );
}
