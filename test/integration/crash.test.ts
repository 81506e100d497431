// Kills and failing disks, for real: strace kills the program, or fails a call of its, at each of the calls
// by which it changes the folder. Whatever happened, the next run must find a whole set.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { opensslRequest } from '../support/openssl.js';
import { EXECUTABLE, generateCerts, runBeside } from '../support/program.js';
import { findProblems, snapshot } from '../support/set-checker.js';
import { type CallName, countCalls, type Injection, runWith, type Subject } from '../support/strace.js';
import { tally, WHOLE } from '../support/tally.js';

type Steps = Record<CallName, number>;

interface Shape {
  readonly name: string;
  readonly layouts: readonly string[];
  /** Every how manieth call is tried with a kill, and with a failure. */
  readonly steps: { readonly kill: Steps; readonly failure: Steps };
}

// Every call takes some minutes: EVERY_CALL=1 npx vitest run test/integration/crash. Otherwise a part of them: of a first
// run every move into place is killed, of the others some; of all further kinds of call the first and a few more, because
// the same code does the same there for each file. So each kind of call is killed and each fails, over each of the four.
const EACH: Steps = { rename: 1, fsync: 1, mkdir: 1, unlink: 1, rmdir: 1, openat: 1, write: 1 };
const every = WHOLE;
const tallied = tally('crashes');
const ONE = {
  kill: { rename: 1, fsync: 8, mkdir: 4, unlink: 4, rmdir: 3, openat: 10, write: 10 },
  failure: { rename: 4, fsync: 8, mkdir: 4, unlink: 4, rmdir: 3, openat: 10, write: 10 },
};
const MANY = {
  kill: { rename: 3, fsync: 16, mkdir: 4, unlink: 8, rmdir: 3, openat: 20, write: 20 },
  failure: { rename: 8, fsync: 16, mkdir: 4, unlink: 8, rmdir: 3, openat: 20, write: 20 },
};
const TWO = {
  kill: { rename: 7, fsync: 20, mkdir: 6, unlink: 9, rmdir: 6, openat: 24, write: 24 },
  failure: { rename: 14, fsync: 20, mkdir: 6, unlink: 9, rmdir: 6, openat: 24, write: 24 },
};
const ALL = { kill: EACH, failure: EACH };
const SHAPES: readonly Shape[] = [
  { name: 'one layout', layouts: ['-l', 'grpc'], steps: every ? ALL : ONE },
  { name: 'one layout', layouts: ['-l', 'grpc'], steps: every ? ALL : MANY },
  {
    name: 'two layouts',
    layouts: ['-l', 'grpc', '-l', 'nginx', '-k', 'ec-p256'],
    steps: every ? ALL : TWO,
  },
];
const OVER = {
  /** Everything comes. */
  none: [],
  /** Some files stay, some go, some come. */
  'an old set, started over': ['--new'],
  /** Clients and a name are added, and the CA's key moves to where it belongs. */
  'a set of the old shape': ['api.test'],
  /** A server gets another name, a server and a peer are added, and a request's certificate stays. */
  'a set of many': ['-s', 'db=db.test,db2.test', '-s', 'queue=queue.test', '-p', 'node-2=node-2.test'],
} as const;
type Over = keyof typeof OVER;
const [oneLayout, manyParties, twoLayouts] = SHAPES as [Shape, Shape, Shape];
/** What goes with the run, by what was there before. */
const GONE: Record<Over, RegExp | undefined> = {
  none: /old/,
  'an old set, started over': /old/,
  'a set of the old shape': /^ca\.key$/,
  'a set of many': undefined,
};
const cases = (
  [
    [oneLayout, 'none'],
    [manyParties, 'a set of the old shape'],
    [manyParties, 'a set of many'],
    [twoLayouts, 'an old set, started over'],
  ] as const
).map(([shape, over]) => ({ shape, over, title: `${shape.name}, over ${over}` }));

/** Puts the CA's key where earlier versions had it. */
function toOldShape(folder: string): void {
  const path = join(folder, 'set.json');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('authority/ca.key', 'ca.key'));
  renameSync(join(folder, 'authority', 'ca.key'), join(folder, 'ca.key'));
  rmdirSync(join(folder, 'authority'));
}

const SERVERS = ['-s', 'api=api.test', '-s', 'db=db.test', '-p', 'node-1=node-1.test'];

/** A folder as the program finds it, ready to be copied for each attempt, and what is asked of it then. */
function prepare({ layouts }: Shape, over: Over) {
  const scratch = temporaryFolder();
  const model = join(scratch, 'model');
  const make = (client: string) => [...layouts, '-c', client, ...(client === 'new' ? OVER[over] : [])];
  const many = over === 'a set of many';
  if (over !== 'none') {
    expect(generateCerts([...make('old'), ...(many ? SERVERS : []), '-o', model, '-q']).status).toBe(0);
  }
  if (over === 'a set of the old shape') toOldShape(model);
  if (many) {
    const request = opensslRequest(scratch, 'dora');
    expect(generateCerts(['sign', '-q', '-o', model, request])).toMatchObject({ status: 0, stderr: '' });
  }
  let attempts = 0;
  const begin = () => {
    const out = join(scratch, `attempt-${attempts++}`, 'certs');
    mkdirSync(join(out, '..'));
    if (existsSync(model)) cpSync(model, out, { recursive: true });
    return out;
  };
  const finished = begin();
  expect(generateCerts([...make('new'), '-o', finished, '-q']).status).toBe(0);
  const manifest = JSON.parse(readFileSync(join(finished, 'set.json'), 'utf8'));
  const paths = manifest.files.map(({ path }: { path: string }) => path);
  const subject: Subject = { program: EXECUTABLE, args: make('new'), paths };
  const counts = countCalls(subject, [begin(), begin()], scratch);
  return { begin, subject, counts, before: existsSync(model) ? snapshot(model) : undefined };
}

const MANY_PARTIES = [
  ...['client dora', 'client new', 'client old', 'peer node-1', 'peer node-2'],
  ...['server api', 'server db', 'server queue'],
];

/** Who is in the set, without the CA and those to refuse. */
function partiesOf(folder: string): string[] {
  const { certificates } = JSON.parse(readFileSync(join(folder, 'set.json'), 'utf8'));
  return certificates
    .filter(({ role, flaw }: { role: string; flaw: string | null }) => role !== 'ca' && flaw === null)
    .map(({ role, name }: { role: string; name: string }) => `${role} ${name}`)
    .sort();
}

/** Tries a failure at each of the calls, two at a time. */
async function atEachCall(
  name: string,
  step: Steps,
  counts: Record<CallName, number>,
  what: (index: number) => string,
  attempt: (injection: Injection) => Promise<void>,
): Promise<number> {
  const injections = (Object.entries(counts) as [CallName, number][]).flatMap(([call, count]) => {
    // Where rmdir is made by unlinkat, there is none to try.
    if (call !== 'rmdir') expect(`${name}: ${call} ${count > 0}`).toBe(`${name}: ${call} true`);
    return Array.from({ length: Math.ceil(count / step[call]) }, (_, index) => ({
      call,
      when: 1 + index * step[call],
      what: what(index),
    }));
  });
  const queue = injections.values();
  const worker = async () => {
    for (const injection of queue) await attempt(injection);
  };
  await Promise.all([worker(), worker()]);
  return injections.length;
}

describe.skipIf(!inject('tools').strace)('a kill at any call leaves a whole set to the next run', () => {
  test.each(cases)('$title', { timeout: 600_000 }, async ({ shape, over }) => {
    const { begin, subject, counts, before } = prepare(shape, over);
    let kills = 0;
    await atEachCall(
      shape.name,
      shape.steps.kill,
      counts,
      () => 'signal=SIGKILL',
      async (injection) => {
        const label = JSON.stringify(injection);
        const out = begin();
        const { status, stderr } = await runWith(injection, subject, out);
        expect([label, stderr]).toEqual([label, '']);
        // With nobody to tell its end the shell's way: null is "killed".
        if (status === null || status === 137) kills++;
        else expect([label, status]).toEqual([label, 0]);

        // Half of them are first looked at by a command that only reads.
        if (existsSync(out) && injection.when % 2 === 0) {
          const shown = await runBeside(process.execPath, [EXECUTABLE, 'show', '--json', '-o', out]);
          const nothing = before === undefined && shown.status === 2;
          if (!nothing) {
            expect([label, shown.status, shown.stderr]).toEqual([label, 0, '']);
            expect([label, findProblems(out)]).toEqual([label, []]);
            if (!shown.stdout.includes('CN=new')) expect([label, snapshot(out)]).toEqual([label, before]);
          }
        }
        const next = await runBeside(process.execPath, [EXECUTABLE, ...subject.args, '-o', out, '-q']);
        expect([label, next.status, next.stderr]).toEqual([label, 0, '']);
        expect([label, findProblems(out)]).toEqual([label, []]);
        expect([label, existsSync(join(out, '.generate-certs'))]).toEqual([label, false]);
        const files = Object.keys(snapshot(out));
        expect([label, files.filter((path) => GONE[over]?.test(path))]).toEqual([label, []]);
        if (over === 'a set of many') expect([label, partiesOf(out)]).toEqual([label, MANY_PARTIES]);
        rmSync(join(out, '..'), { recursive: true });
      },
    );
    tallied.add('kills', kills);
    expect(kills).toBeGreaterThan(6);
  });
});

describe.skipIf(!inject('tools').strace)('a failing call leaves what was there', () => {
  const ERRORS = ['ENOSPC', 'EIO', 'EACCES'];
  test.each(cases)('$title', { timeout: 600_000 }, async ({ shape, over }) => {
    const { begin, subject, counts, before } = prepare(shape, over);
    let failures = 0;
    let done = 0;
    // The errors take turns, so that every call meets one of them and every kind of call all of them.
    const what = (index: number) => `error=${ERRORS[index % ERRORS.length]}`;
    await atEachCall(shape.name, shape.steps.failure, counts, what, async (injection) => {
      const label = JSON.stringify(injection);
      const out = begin();
      const { status, stderr } = await runWith(injection, subject, out);
      expect([label, stderr]).not.toContain('unexpected');
      if (status === 0) {
        // Past the last move only the old files are left to remove: tried twice, and no reason to fail.
        expect([label, injection.call]).toEqual([label, expect.stringMatching(/^unlink$|^rmdir$|^openat$/)]);
        expect([label, findProblems(out), existsSync(join(out, '.generate-certs'))]).toEqual([
          label,
          [],
          false,
        ]);
        done++;
      } else {
        expect([label, status, stderr]).toEqual([
          label,
          3,
          expect.stringMatching(/error: cannot .*\n.*hint: /),
        ]);
        expect([label, existsSync(out) ? snapshot(out) : undefined]).toEqual([label, before]);
        failures++;
      }
      rmSync(join(out, '..'), { recursive: true });
    });
    tallied.add('failures with status 3', failures);
    tallied.add('failures after the set was whole', done);
    expect(failures).toBeGreaterThan(4);
  });
});
