// What the program writes arrives whole, however slowly it is read; and when that is done, the program ends.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { EXECUTABLE, generateCerts, run } from '../support/program.js';

/** Gives a program a pipe that never blocks, and reads from it only once it is full. */
const SLOW_READER = `
import os, select, subprocess, sys
reader, writer = os.pipe()
os.set_blocking(writer, False)
program = subprocess.Popen(sys.argv[1:], stdout=writer)
while select.select([], [writer], [], 0)[1] and program.poll() is None:
    pass
os.close(writer)
text = b''
while True:
    part = os.read(reader, 4096)
    if not part:
        break
    text += part
sys.stdout.buffer.write(text)
sys.exit(program.wait())
`;

test('a large answer arrives whole through a pipe that never blocks', () => {
  const out = join(temporaryFolder(), 'certs');
  const args = ['--layout', 'grpc', '--clients', '900', '--out', out, '--json'];
  expect(generateCerts(args).status).toBe(0);
  const slow = run('/usr/bin/python3', ['-c', SLOW_READER, process.execPath, EXECUTABLE, ...args]);
  expect(slow).toMatchObject({ status: 0, stderr: '' });
  // More than a pipe holds.
  expect(slow.stdout.length).toBeGreaterThan(200_000);
  expect(JSON.parse(slow.stdout).certificates).toHaveLength(904);
});

test('nothing that is left over keeps the program from ending', () => {
  const folder = temporaryFolder();
  const preload = join(folder, 'linger.cjs');
  writeFileSync(preload, 'setInterval(() => undefined, 1000);');
  const env = { NODE_OPTIONS: `--require ${preload}` };
  const out = join(folder, 'certs');
  expect(generateCerts(['--layout', 'grpc', '--out', out, '-q'], { env }).status).toBe(0);
  expect(generateCerts(['show', '--out', join(folder, 'none')], { env })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there is no set'),
  });
});
