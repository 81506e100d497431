// Pipes, devices, sockets, folders and links in the place of a set's files: every command says so and ends.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureCertificateSet } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { EXECUTABLE, run } from '../support/program.js';
import { tally, WHOLE } from '../support/tally.js';

const counts = tally('special files');
const model = temporaryFolderForAll();
beforeAll(async () => {
  await ensureCertificateSet(join(model, 'certs'), { layouts: ['nginx'], key: 'ec-p256' });
});

const ALL_PLACES = [
  'set.json',
  'ca.pem',
  'authority/ca.key',
  'client.pem',
  'client_cert_ca.crl',
  '.generate-certs',
];
// All of them with EVERY_CALL=1, as `npm run test:hostile` has it: some minutes. Otherwise every command meets each kind,
// in one place or another, and each kind is in each of three places.
const PLACES = WHOLE ? ALL_PLACES : ['set.json', 'authority/ca.key', 'client.pem'];
const COMMANDS = [
  ['show'],
  ['verify'],
  ['env'],
  ['client', 'bob'],
  ['revoke', 'client'],
  ['renew'],
  ['clean'],
  [],
];

const KINDS: Record<string, (path: string) => Promise<void> | void> = {
  pipe: (path) => void run('mkfifo', [path]),
  'a device without an end': (path) => symlinkSync('/dev/zero', path),
  folder: (path) => void mkdirSync(path),
  socket: (path) =>
    new Promise((done) => {
      const server = createServer().listen(path, done);
      server.unref();
    }),
};

test.each(Object.keys(KINDS))('a %s in the place of any file: every command ends', async (kind) => {
  let tried = 0;
  for (const [at, place] of PLACES.entries()) {
    const folder = join(temporaryFolder(), 'c');
    cpSync(join(model, 'certs'), folder, { recursive: true });
    rmSync(join(folder, place), { force: true, recursive: true });
    await KINDS[kind]?.(join(folder, place));
    for (const [index, args] of COMMANDS.entries()) {
      if (!WHOLE && index % PLACES.length !== at) continue;
      const copy = [EXECUTABLE, ...args, '--out', folder, ...(args.length === 0 ? ['--dry-run'] : [])];
      // A bound on what hangs; nothing here takes long.
      const { status, signal, stderr } = spawnSync(process.execPath, copy, {
        timeout: 60_000,
        encoding: 'utf8',
      });
      expect([kind, place, args, signal]).toEqual([kind, place, args, null]);
      expect([kind, place, args, [0, 1, 2, 3].includes(status ?? -1)]).toEqual([kind, place, args, true]);
      expect([kind, place, args, /unexpected|\n {4}at /.test(stderr)]).toEqual([kind, place, args, false]);
      tried++;
      // What clean removed is not there for the others.
      if (args[0] === 'clean') break;
    }
  }
  counts.add(`commands with a ${kind}`, tried);
});
