// Kills and faults in every command that changes a set: at each rename, at each call into the folder, and at moments of
// the clock. Whatever happened, the next command finds a whole set, and nothing is left over. (A first run and a second
// are killed at each system call by integration/crash.test.ts.)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { opensslRequest } from '../support/openssl.js';
import { EXECUTABLE, generateCerts, runBeside } from '../support/program.js';
import { findProblems } from '../support/set-checker.js';
import { randomFrom, tally, twoAtATime, WHOLE } from '../support/tally.js';

const HOOK = fileURLToPath(new URL('../support/mishap.cjs', import.meta.url));
const counts = tally('mishaps');
const MAKE = ['-l', 'grpc', '-l', 'nginx', '-k', 'ec-p256'];
const before = temporaryFolderForAll();
const model = join(before, 'certs');
/** A server beside the default one, and a peer. */
const PARTIES = ['localhost', '-s', 'db=db.test', '-p', 'node-1=node-1.test'];
const request = join(before, 'emil.csr');
beforeAll(() => {
  const made = generateCerts([...MAKE, ...PARTIES, '-c', 'client', '-c', 'alice', '-o', model, '-q']);
  expect(made).toMatchObject({ status: 0, stderr: '' });
  // A client whose key is elsewhere.
  const signed = generateCerts(['sign', '-q', '-o', model, opensslRequest(before, 'dora')]);
  expect(signed).toMatchObject({ status: 0, stderr: '' });
  expect(opensslRequest(before, 'emil')).toBe(request);
});

interface Subject {
  readonly args: readonly string[];
  /** Whether there is a set before. */
  readonly over: boolean;
}

const SUBJECTS: Record<string, Subject> = {
  'a first run': { args: MAKE, over: false },
  'a second run': { args: [...MAKE, 'api.test', '-c', 'bob'], over: true },
  'a new start': { args: [...MAKE, '--new'], over: true },
  client: { args: ['client', 'bob'], over: true },
  server: { args: ['server', 'queue=queue.test'], over: true },
  sign: { args: ['sign', request], over: true },
  revoke: { args: ['revoke', 'alice'], over: true },
  renew: { args: ['renew'], over: true },
  rotate: { args: ['rotate'], over: true },
  clean: { args: ['clean'], over: true },
};

const CHANGING = '^(rename|mkdir|rm|rmdir|unlink|writeFile|open|chmod|fsync|fdatasync)';

interface Mishap {
  readonly calls: string;
  readonly at: number;
  /** `kill`, or an error's code. */
  readonly what: string;
}

function envOf({ calls, at, what }: Mishap, out: string): Record<string, string> {
  return {
    MISHAP_PLACE: out,
    MISHAP_AT: String(at),
    MISHAP_CALLS: calls,
    MISHAP: what,
    MISHAP_LOG: join(out, '..', 'calls'),
    UV_THREADPOOL_SIZE: '1',
  };
}

function begin(scratch: string, { over }: Subject): string {
  const out = join(mkdtempSync(join(scratch, 'r')), 'certs');
  if (over) cpSync(model, out, { recursive: true });
  return out;
}

async function runWith(mishap: Mishap, { args }: Subject, out: string) {
  return runBeside(process.execPath, ['--require', HOOK, EXECUTABLE, ...args, '-o', out, '-q'], {
    env: envOf(mishap, out),
    timeout: 60_000,
  });
}

/** How often a whole run makes the calls. */
async function countCalls(scratch: string, subject: Subject, calls: string): Promise<number> {
  const out = begin(scratch, subject);
  const { status, stderr } = await runWith({ calls, at: 0, what: 'kill' }, subject, out);
  expect([status, stderr]).toEqual([0, '']);
  return Number(readFileSync(join(out, '..', 'calls'), 'utf8'));
}

/** The next command finds a whole set, or none where there was none or there is to be none; nothing is left. */
async function expectWhole(label: unknown, { over, args }: Subject, out: string): Promise<void> {
  const shown = await runBeside(process.execPath, [EXECUTABLE, 'show', '--json', '-o', out]);
  const mayBeGone = !over || args[0] === 'clean';
  if (mayBeGone && shown.status === 2) {
    // An empty folder is all that there may be of a first run.
    expect([label, existsSync(out) ? readdirSync(out) : []]).toEqual([label, []]);
    return;
  }
  expect([label, shown.status, shown.stderr]).toEqual([label, 0, '']);
  expect([label, findProblems(out)]).toEqual([label, []]);
  const manifest = JSON.parse(readFileSync(join(out, 'set.json'), 'utf8')) as { files: { path: string }[] };
  const named = ['set.json', ...manifest.files.map(({ path }) => path)];
  const there = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(out, join(entry.parentPath, entry.name)));
  expect([label, there.sort()]).toEqual([label, named.sort()]);
  expect([label, existsSync(join(out, '.generate-certs'))]).toEqual([label, false]);
}

const PART = ['a second run', 'revoke', 'clean'];

describe.each(Object.entries(SUBJECTS).filter(([title]) => WHOLE || PART.includes(title)))(
  '%s',
  (title, subject) => {
    test('killed at each rename, and at calls by chance', { timeout: 1_200_000 }, async () => {
      const scratch = temporaryFolder();
      const random = randomFrom(20_261_130);
      const renames = await countCalls(scratch, subject, '^rename');
      const changes = await countCalls(scratch, subject, CHANGING);
      expect(renames).toBeGreaterThan(0);
      const step = WHOLE ? 1 : Math.ceil(renames / 2);
      const mishaps: Mishap[] = [
        ...Array.from({ length: Math.ceil(renames / step) }, (_, index) => ({
          calls: '^rename',
          at: 1 + index * step,
          what: 'kill',
        })),
        ...Array.from({ length: WHOLE ? 30 : 1 }, () => ({
          calls: CHANGING,
          at: 1 + Math.floor(random() * changes),
          what: 'kill',
        })),
      ];
      await twoAtATime(mishaps, async (mishap) => {
        const out = begin(scratch, subject);
        const label = [title, mishap];
        const { status, stderr } = await runWith(mishap, subject, out);
        expect([label, status, stderr]).toEqual([label, null, '']);
        counts.add(mishap.calls === '^rename' ? 'kills at a rename' : 'kills at another call');
        await expectWhole(label, subject, out);
        rmSync(join(out, '..'), { recursive: true });
      });
    });

    test('killed at moments of the clock', { timeout: 1_200_000 }, async () => {
      const scratch = temporaryFolder();
      const random = randomFrom(20_261_131);
      await twoAtATime(Array.from({ length: WHOLE ? 20 : 1 }).keys(), async (index) => {
        const out = begin(scratch, subject);
        const child = spawn(process.execPath, [EXECUTABLE, ...subject.args, '-o', out, '-q'], {
          stdio: 'ignore',
        });
        const ended = once(child, 'exit');
        await Promise.race([ended, delay(60 + random() * 300)]);
        child.kill('SIGKILL');
        const [, signal] = await ended;
        if (signal === 'SIGKILL') counts.add('kills by the clock');
        await expectWhole([title, index], subject, out);
        rmSync(join(out, '..'), { recursive: true });
      });
    });

    test('with a call that fails', { timeout: 1_200_000 }, async () => {
      const scratch = temporaryFolder();
      const errors = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE', 'EDQUOT', 'EPERM'];
      // Reading fails too.
      const calls = '.';
      const all = await countCalls(scratch, subject, calls);
      const step = WHOLE ? 3 : Math.ceil(all / 2);
      const mishaps = Array.from({ length: Math.ceil(all / step) }, (_, index) => ({
        calls,
        at: 1 + index * step,
        what: errors[index % errors.length] ?? 'EIO',
      }));
      await twoAtATime(mishaps, async (mishap) => {
        const out = begin(scratch, subject);
        const label = [title, mishap];
        const { status, stderr } = await runWith(mishap, subject, out);
        expect([label, [0, 1, 2, 3].includes(status ?? -1), stderr]).toEqual([label, true, stderr]);
        expect([label, /unexpected|\n {4}at /.exec(stderr)?.input]).toEqual([label, undefined]);
        if (status !== 0) {
          expect([label, stderr]).toEqual([label, expect.stringMatching(/error: .*\n.*hint: /)]);
          counts.add('faults told');
          // Of a first run not even the folder is left.
          if (!subject.over) expect([label, existsSync(out)]).toEqual([label, false]);
        } else counts.add('faults survived');
        await expectWhole(label, subject, out);
        rmSync(join(out, '..'), { recursive: true });
      });
    });
  },
);
