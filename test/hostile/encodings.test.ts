// Paths that are not UTF-8. A shell writes them: Node cannot pass such an argument to a process itself.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { EXECUTABLE, run } from '../support/program.js';

// macOS and Windows have no such names.
describe.runIf(process.platform === 'linux')('a path that is not UTF-8', () => {
  const shell = (folder: string, line: string) =>
    run('bash', ['-c', line, 'bash', process.execPath, EXECUTABLE], { cwd: folder });

  test.each([
    ['--out', `"$1" "$2" -l grpc --out $'\\xff\\xfe'`],
    ['--out=', `"$1" "$2" -l grpc --out=$'certs\\xc3'`],
    ['--ca', `"$1" "$2" -l grpc --ca $'\\x80'`],
    ['--config', `"$1" "$2" --config $'\\xed\\xa0\\x80'`],
    ['a command', `"$1" "$2" show --out $'\\xff'`],
    ['a name', `"$1" "$2" $'\\xff.test'`],
  ])('in %s is refused, and nothing is written', (_name, line) => {
    const folder = temporaryFolder();
    const { status, stderr } = shell(folder, line);
    expect([status, stderr]).toEqual([2, expect.stringContaining('is not UTF-8')]);
    expect(stderr).toContain('hint: ');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('as the current folder is refused, and nothing is written', () => {
    const folder = temporaryFolder();
    const { status, stderr } = shell(folder, `mkdir $'\\xff' && cd $'\\xff' && "$1" "$2" -l grpc`);
    expect([status, stderr]).toEqual([2, expect.stringContaining('a name that is not UTF-8')]);
    expect(shell(folder, `ls -A $'\\xff'`).stdout).toBe('');
  });

  test('is not what the replacement character itself is', () => {
    const folder = temporaryFolder();
    const out = join(folder, '\ufffd');
    mkdirSync(out);
    expect(shell(folder, `"$1" "$2" -q -l grpc --out \ufffd`)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(out)).toContain('set.json');
  });
});
