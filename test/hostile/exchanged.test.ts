// Root works in a folder that another user controls, and at each of root's calls into it that user exchanges entries
// with links to what is root's alone. The moment is forced, not waited for. Whatever the moment, nothing of root's changes.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { EXECUTABLE, generateCerts, run, runBeside } from '../support/program.js';
import { tally, twoAtATime, WHOLE } from '../support/tally.js';

const USER = 65_534;
const HOOK = fileURLToPath(new URL('../support/exchange.cjs', import.meta.url));
const counts = tally('exchanged entries');

const model = join(temporaryFolderForAll(), 'certs');
beforeAll(() => {
  expect(generateCerts(['-l', 'grpc', '-o', model, '-q']).status).toBe(0);
});

function reachableFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return folder;
}

/** Everything of root's that links lead to, as a change of it would be seen. */
function look(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ['.', ...readdirSync(folder, { recursive: true }).map(String)]) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    const content = stats.isSymbolicLink()
      ? readlinkSync(path)
      : stats.isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : '';
    found[name] = [stats.mode.toString(8), stats.uid, stats.gid, stats.mtimeMs, content].join(' ');
  }
  return found;
}

/** A folder of root's alone, with all that the program might write, remove or give away. */
function makeTreasure(folder: string): void {
  cpSync(model, folder, { recursive: true });
  const work = join(folder, '.generate-certs');
  for (const name of ['new', 'old', 'empty']) mkdirSync(join(work, name), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  for (const path of [
    join(folder, 'secret'),
    join(work, 'new', 'secret'),
    join(work, 'old', 'server.key'),
    join(work, 'journal.draft'),
  ]) {
    writeFileSync(path, 'of root alone\n', { mode: 0o600 });
  }
  chmodSync(folder, 0o700);
}

function giveAway(folder: string): void {
  for (const name of ['.', ...readdirSync(folder, { recursive: true }).map(String)])
    chownSync(join(folder, name), USER, USER);
}

interface Places {
  /** What the other user controls. */
  readonly home: string;
  readonly out: string;
  readonly treasure: string;
}

/** What the user exchanges; `$1` is `once` at the chosen call, and `again` at each after it. */
const EXCHANGES: Record<string, (places: Places) => string> = {
  'the folder': ({ out, treasure }) => `mv ${out} ${out}.away; ln -s ${treasure} ${out}; exit 9`,
  'the folder, back and forth': ({ out, treasure }) =>
    `if [ -L ${out} ]; then rm ${out}; mv ${out}.away ${out}; exit 9; fi; mv ${out} ${out}.away; ln -s ${treasure} ${out}`,
  'the work folder': ({ out, treasure }) =>
    `cd ${out} || exit 0; mv .generate-certs away; ln -s ${treasure}/.generate-certs .generate-certs; exit 9`,
  'the new files': ({ out, treasure }) =>
    `cd ${out}/.generate-certs || exit 0; mv new away; ln -s ${treasure}/.generate-certs/new new; exit 9`,
  'each file': ({ out, treasure }) =>
    `cd ${out} || exit 0; for f in *; do mv "$f" "$f.away"; ln -s ${treasure}/"$f" "$f"; done; exit 9`,
};

const COMMANDS: readonly (readonly string[])[] = [
  ['show'],
  [],
  ['client', 'bob'],
  ['clean'],
  ...(WHOLE
    ? [
        ['verify'],
        ['env'],
        ['--new', '--key', 'ec-p384'],
        ['revoke', 'client'],
        ['renew'],
        ['rotate'],
        ['server', 'two=two.test'],
      ]
    : []),
];

/** So few calls as root that each exchange is tried at each of them. */
const FEW = 40;

/** Runs a command as root, with an exchange at one of its calls; without one where there is no such call. */
async function runWith(
  places: Places,
  args: readonly string[],
  script: string,
  at: number,
): Promise<{ calls: number; asRoot: number; status: number | null; stderr: string }> {
  const log = join(places.home, '..', 'calls');
  writeFileSync(log, '');
  chmodSync(log, 0o666);
  const command = ['--require', HOOK, EXECUTABLE, ...args, '--out', places.out];
  const { status, stderr } = await runBeside(process.execPath, command, {
    env: {
      EXCHANGE_PLACE: places.home,
      EXCHANGE_AT: String(at),
      EXCHANGE_SCRIPT: script,
      EXCHANGE_USER: String(USER),
      EXCHANGE_LOG: log,
      UV_THREADPOOL_SIZE: '1',
    },
  });
  const [calls = 0, asRoot = 0] = readFileSync(log, 'utf8').split(' ').map(Number);
  return { calls, asRoot, status, stderr };
}

function expectEnd(label: unknown, { status, stderr }: { status: number | null; stderr: string }): void {
  expect([label, [0, 1, 2, 3].includes(status ?? -1), stderr]).toEqual([label, true, stderr]);
  expect([label, /unexpected|\n {4}at /.exec(stderr)?.input ?? '']).toEqual([label, '']);
}

// Only root can be root.
describe.skipIf(process.getuid?.() !== 0)('at each call of root', () => {
  test.each(COMMANDS)('%s %s', { timeout: 1_200_000 }, async (...args) => {
    const scratch = reachableFolder();
    const begin = (): Places => {
      const place = mkdtempSync(join(scratch, 'p'));
      chmodSync(place, 0o755);
      const places = {
        home: join(place, 'home'),
        out: join(place, 'home', 'certs'),
        treasure: join(place, 'root'),
      };
      mkdirSync(places.home);
      cpSync(model, places.out, { recursive: true });
      giveAway(places.home);
      makeTreasure(places.treasure);
      return places;
    };
    const { calls, asRoot } = await runWith(begin(), args, '', 0);
    expect(asRoot).toBeGreaterThan(0);
    counts.add('calls of root into the folder', asRoot);
    const kinds = Object.keys(EXCHANGES);
    // Where the program gives up its rights soon, each exchange is tried at each call before; else they take turns.
    const moments = Array.from({ length: calls }, (_, index) => index + 1).flatMap((at) =>
      (at <= asRoot && asRoot < FEW && WHOLE ? kinds : [kinds[at % kinds.length] ?? '']).map((kind) => ({
        at,
        kind,
      })),
    );
    const step = WHOLE ? 1 : Math.ceil(moments.length / 2);
    await twoAtATime(
      moments.filter((_, index) => index % step === 0),
      async ({ at, kind }) => {
        const places = begin();
        const before = look(places.treasure);
        const ended = await runWith(places, args, EXCHANGES[kind]?.(places) ?? '', at);
        expectEnd([args, at, kind], ended);
        expect([args, at, kind, look(places.treasure)]).toEqual([args, at, kind, before]);
        counts.add('exchanges');
        rmSync(join(places.home, '..'), { recursive: true });
      },
    );
  });

  // As in /tmp: others make entries there, and exchange only their own.
  describe('in a folder where every user makes entries', () => {
    const TAKEN: Record<string, (places: Places) => string> = {
      'the folder, by a link': ({ out, treasure }) => `ln -s ${treasure} ${out}; exit 9`,
      'the folder above it, by a link': ({ out, treasure }) => `ln -s ${treasure} $(dirname ${out}); exit 9`,
      'the folder, by a link that changes': ({ out, home, treasure }) =>
        `[ -L ${out} ] && rm ${out}; if [ "$1" = once ]; then mkdir ${home}/own; ln -s ${home}/own ${out}; else ln -s ${treasure} ${out}; fi`,
    };
    test.each(Object.keys(TAKEN))('another user takes %s', { timeout: 1_200_000 }, async (kind) => {
      const scratch = reachableFolder();
      const begin = (): Places => {
        const place = mkdtempSync(join(scratch, 'p'));
        chmodSync(place, 0o755);
        const home = join(place, 'tmp');
        mkdirSync(home);
        chmodSync(home, 0o1777);
        const out = join(home, ...(kind.includes('above') ? ['above'] : []), 'certs');
        const treasure = join(place, 'root');
        makeTreasure(treasure);
        // Nothing that stops the program before it writes.
        for (const name of readdirSync(treasure)) rmSync(join(treasure, name), { recursive: true });
        writeFileSync(join(treasure, 'secret'), 'of root alone\n', { mode: 0o600 });
        return { home, out, treasure };
      };
      const args = ['-l', 'grpc'];
      const { calls, status } = await runWith(begin(), args, '', 0);
      expect(status).toBe(0);
      // Once the folder is there it is root's, and nobody can take its place.
      const last = Math.min(calls, 40);
      const moments = Array.from({ length: last }, (_, index) => index + 1);
      const step = WHOLE ? 1 : 10;
      await twoAtATime(
        moments.filter((_, index) => index % step === 0),
        async (at) => {
          const places = begin();
          const before = look(places.treasure);
          const ended = await runWith(places, args, TAKEN[kind]?.(places) ?? '', at);
          expectEnd([at, kind], ended);
          expect([at, kind, look(places.treasure)]).toEqual([at, kind, before]);
          counts.add('places taken');
          rmSync(join(places.home, '..'), { recursive: true });
        },
      );
    });
  });

  test.each(['root', 'the user'])('a link of %s to a folder of root in the place of the set', (owner) => {
    const place = reachableFolder();
    const [home, treasure] = [join(place, 'home'), join(place, 'root')];
    mkdirSync(home);
    mkdirSync(treasure, { mode: 0o700 });
    chownSync(home, USER, USER);
    const user = owner === 'root' ? {} : { uid: USER, gid: USER };
    expect(runLink(treasure, join(home, 'certs'), user)).toBe(0);
    const before = look(treasure);
    const { status } = generateCerts(['-l', 'grpc', '--out', join(home, 'certs')]);
    expect([status, look(treasure)]).toEqual([3, before]);
  });
});

function runLink(target: string, path: string, user: { uid?: number; gid?: number }): number | null {
  return run('ln', ['-s', target, path], user).status;
}
