// What others write (a hostile server's page, arguments, a manifest) never reaches a terminal or a log as it came.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { harmless } from '../../src/cli/terminal/output.js';
import { createCertificateSet, writeCertificateSet } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { EXECUTABLE, REPOSITORY, run, runBeside } from '../support/program.js';

const NASTY = 'x\u001b]0;title\u0007\u001b[31mred\r\n::error::owned\n\u202egpj.exe';

describe('the page of a hostile server', () => {
  test.each([[[]], [['--markdown']], [['--json']]])('is escaped, on one line and cut: %j', async (format) => {
    const set = await createCertificateSet({ key: 'ec-p256' });
    const folder = join(temporaryFolder(), 'certs');
    await writeCertificateSet(set, folder);
    const server = createServer(set.server.tlsOptions(), (_, response) => {
      response.writeHead(500, { 'x-note': 'y', 'content-type': 'text/html' });
      response.end(`<html><head><title>${NASTY}</title></head><body>${NASTY.repeat(2000)}</body></html>`);
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const args = ['verify', '--rest', `https://localhost:${port}`, '--out', folder, ...format];
    const { stdout, stderr } = await runBeside(process.execPath, [EXECUTABLE, ...args], {
      env: { GITHUB_ACTIONS: 'true', LC_ALL: 'C.UTF-8' },
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).not.toMatch(/^\s*::/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(5000);
  });
});

describe('the last guard', () => {
  test('takes out control characters, and leaves colours and line breaks', () => {
    expect(harmless('a\u001b[1mb\u001b[0m\n\u001b]0;t\u0007\u009bc\r', false)).toBe(
      'a\u001b[1mb\u001b[0m\n]0;tc',
    );
  });

  test('in GitHub Actions no line is a command', () => {
    expect(harmless('::error::x\n  ::set-output\n##[group]\nfine ::', true)).toBe(
      '- ::error::x\n  - ::set-output\n- ##[group]\nfine ::',
    );
  });
});

test('nothing but the output module writes to a standard stream', () => {
  const { stdout } = run('grep', [
    '-rnE',
    'process\\.(stdout|stderr)|console\\.|writeSync',
    join(REPOSITORY, 'src'),
  ]);
  const found = stdout
    .split('\n')
    .filter((line) => line !== '' && !/:\s*(?:\*|\/\/)/.test(line))
    .map((line) => line.slice(REPOSITORY.length).replace(/:\d+:.*/, ''));
  // The bar moves the cursor; the lossy output is what serve's standard error is.
  expect([...new Set(found)].sort()).toEqual([
    'src/cli/terminal/lossy-output.ts',
    'src/cli/terminal/output.ts',
    'src/cli/terminal/progress.ts',
  ]);
});
