// Every command that the README shows is run: here, in a clone (clone.test.ts), or by .ci/run.
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FLAWS } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { EXECUTABLE, REPOSITORY, run } from '../support/program.js';
import { readmeBlocks } from '../support/readme.js';
import { runStep } from '../support/transcript.js';

const blocks = readmeBlocks();
const commandsOf = (info: string) => {
  return blocks.filter((block) => block.info === info).flatMap(({ text }) => text.trimEnd().split('\n'));
};

test('has no code block that no test knows', () => {
  const known = [
    ...['sh', 'sh more', 'sh trust', 'sh watch', 'sh page', 'sh root', 'sh shim', 'sh clone', 'text', 'ts'],
    // Run by install.test.ts.
    'sh install',
    // Run by serve.test.ts; read by docker.test.ts, for want of an engine.
    ...['sh serve', 'sh docker'],
    // Run by action.test.ts.
    ...['yaml action', 'yaml gitlab', 'json script'],
    // Run by runners.test.ts.
    ...['js node:test', 'js vitest', 'js jest', 'js mocha'],
  ];
  expect(blocks.map(({ info }) => info).filter((info) => !known.includes(info))).toEqual([]);
});

test.each(['sh', 'sh more', 'sh trust'])('the commands of the %s blocks do what they say', (info) => {
  const folder = temporaryFolder();
  const commands = commandsOf(info);
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const { status, stdout, stderr } = runStep({ command, stdout: [], stderr: [], status: 0 }, folder);
    expect(`${command}\n${stderr}`).not.toMatch(/error:/);
    expect(`${command}: ${status}`).toBe(`${command}: 0`);
    expect(stdout).not.toBe('');
  }
});

test('the commands of the page write it', () => {
  const folder = temporaryFolder();
  const commands = ['generate-certs -q -k ec-p256', ...commandsOf('sh page')];
  for (const command of commands) {
    const { status, stderr } = runStep({ command, stdout: [], stderr: [], status: 0 }, folder);
    expect(`${command}: ${status} ${stderr}`).toBe(`${command}: 0 `);
  }
  const page = readFileSync(join(folder, 'work', 'report.html'), 'utf8');
  expect(page).toContain('<h2>What my client refuses</h2>');
});

test('the table of flaws is the catalogue', () => {
  const text = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  for (const { name, summary, severity, needsNameConstraints, needsIntermediates } of FLAWS) {
    const needs = needsNameConstraints ? '--name-constraints' : needsIntermediates ? '--intermediates' : '';
    const condition = needs === '' ? '' : ` (only with \`${needs}\`)`;
    expect(text).toContain(`| \`${name}\` | ${summary}${condition} | ${severity} |\n`);
  }
});

// It goes on until it is stopped; what it does is shown in watch.test.ts.
test('the watch command has the options that the program has', () => {
  for (const command of commandsOf('sh watch')) {
    const folder = temporaryFolder();
    const step = { command: `${command} --help | head -1`, stdout: [], stderr: [], status: 0 };
    expect(runStep(step, folder)).toMatchObject({ status: 0, stdout: expect.stringContaining('watch') });
  }
});

// Only root may give files away.
test.skipIf(process.getuid?.() !== 0)('the commands for root do what they say', () => {
  const folder = temporaryFolder();
  for (const command of commandsOf('sh root')) {
    const step = { command, stdout: [], stderr: [], status: 0 };
    expect(runStep(step, folder)).toMatchObject({ status: 0, stderr: '' });
  }
});

test('the two-line generate_certs.sh makes what the example mounts', () => {
  const folder = temporaryFolder();
  const bin = temporaryFolder();
  symlinkSync(EXECUTABLE, join(bin, 'generate-certs'));
  const [shim] = blocks.filter(({ info }) => info === 'sh shim');
  expect(shim?.text.trimEnd().split('\n')).toHaveLength(2);
  writeFileSync(join(folder, 'generate_certs.sh'), shim?.text ?? '');
  chmodSync(join(folder, 'generate_certs.sh'), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const { status, stderr } = run('./generate_certs.sh', [], { cwd: folder, env });
  expect(status).toBe(0);
  expect(stderr).toContain('may be read by every user of this machine');
  for (const name of [
    ...['server.pem', 'server.key', 'client_cert_ca.pem', 'client_cert_ca.crl', 'dhparam.pem'],
    ...['client.pem', 'client.key'],
  ]) {
    expect(readdirSync(folder)).toContain(name);
  }
});

test('the second of the two commands is what .ci/run calls', () => {
  expect(commandsOf('sh clone')).toContain('npm cit');
  expect(readFileSync(join(REPOSITORY, '.ci', 'run'), 'utf8')).toMatch(/^exec npm cit$/m);
  expect(existsSync(join(REPOSITORY, 'LICENSE'))).toBe(true);
});
