// Every command that the pages show is run: here, in a clone (clone.test.ts), or where test/unit/pages.test.ts says.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FLAWS } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { codeBlocks, commandsOf, PAGES, pageText } from '../support/pages.js';
import { start } from '../support/processes.js';
import { EXECUTABLE, REPOSITORY, run } from '../support/program.js';
import { runStep } from '../support/transcript.js';

const blocks = codeBlocks();
const type = (command: string, folder: string) =>
  runStep({ command, stdout: [], stderr: [], status: 0 }, folder);

/** Each command does what it says: it ends with 0, without an error, and prints something. */
function expectToRun(commands: readonly string[], folder: string): void {
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const { status, stdout, stderr } = type(command, folder);
    expect(`${command}\n${stderr}`).not.toMatch(/error:/);
    expect(`${command}: ${status}`).toBe(`${command}: 0`);
    expect(stdout).not.toBe('');
  }
}

const shared = temporaryFolderForAll();
const template = join(shared, 'work', 'certs');
/** Makes a folder in which `certs` is the default set, which is made once for all. */
function folderWithSet(): string {
  if (!readdirSync(shared).includes('work')) expect(type('generate-certs', shared).status).toBe(0);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'work'));
  cpSync(template, join(folder, 'work', 'certs'), { recursive: true });
  return folder;
}

const hasCommands = (page: string) =>
  blocks.some((block) => block.page === page && ['sh', 'sh set'].includes(block.info));

describe.each(PAGES.filter(hasCommands))('%s', (page) => {
  const ofPage = blocks.filter((block) => block.page === page);
  const lines = (info: string) =>
    ofPage.filter((block) => block.info === info).map(({ text }) => text.trimEnd().split('\n'));

  // A page may have neither.
  if (lines('sh').length > 0) {
    test('the commands run one after the other, in an empty folder', () => {
      expectToRun(lines('sh').flat(), temporaryFolder());
    });
  }
  if (lines('sh set').length > 0) {
    test('the commands that need a set run with the default set', () => {
      for (const commands of lines('sh set')) expectToRun(commands, folderWithSet());
    });
  }
});

test('the commands that are shown with what they print run', () => {
  const typed = commandsOf('console').flatMap((line) => /^\$ (.*)$/.exec(line)?.[1] ?? []);
  expect(typed).not.toEqual([]);
  for (const command of typed) expectToRun([command], folderWithSet());
});

test('the commands of the page of results write it', () => {
  const folder = folderWithSet();
  for (const command of commandsOf('sh page')) {
    const { status, stderr } = type(command, folder);
    expect(`${command}: ${status} ${stderr}`).toBe(`${command}: 0 `);
  }
  const page = readFileSync(join(folder, 'work', 'report.html'), 'utf8');
  expect(page).toContain('<h2>What my client refuses</h2>');
});

const SERVER = `
const { readFileSync } = require('node:fs');
const file = (name) => readFileSync('work/certs/nginx/' + name);
const tls = { cert: file('server.pem'), key: file('server.key'), ca: file('client_cert_ca.pem') };
require('node:https')
  .createServer({ ...tls, requestCert: true }, (request, response) => response.end('ok'))
  .listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });`;

test('the commands that need an endpoint of the default set prove one', async () => {
  const folder = folderWithSet();
  const server = start(process.execPath, ['-e', SERVER], {}, { cwd: folder });
  onTestFinished(server.stop);
  const [, port = ''] = await server.said(/^port (\d+)$/m);
  expectToRun(
    commandsOf('sh endpoint').map((command) => command.replaceAll(':8000', `:${port}`)),
    folder,
  );
});

test('the configuration file of the page is one', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'work'));
  const [shown] = blocks.filter(({ info }) => info === 'yaml configuration');
  writeFileSync(join(folder, 'work', 'generate-certs.yaml'), shown?.text ?? '');
  const { status, stdout, stderr } = type('generate-certs', folder);
  expect(stderr).not.toContain('error:');
  expect(status).toBe(0);
  expect(stdout).toContain('in 12 h)\n  configured by generate-certs.yaml\n');
});

test("the README's picture is one that its script draws today, with the same commands", () => {
  const drawn = join(temporaryFolder(), 'terminal.svg');
  expect(run(process.execPath, [join(REPOSITORY, 'scripts', 'picture.mjs'), drawn])).toMatchObject({
    status: 0,
    stderr: '',
  });
  const committed = join(REPOSITORY, 'docs', 'images', 'terminal.svg');
  const [before, now] = [committed, drawn].map((path) => readFileSync(path, 'utf8'));
  const commandsIn = (svg = '') =>
    /<title>(.*)<\/title>/.exec(svg)?.[1]?.replace(/localhost:\d+/, 'localhost:8443');
  expect(commandsIn(before)).toMatch(/^\$ generate-certs .*; \$ generate-certs verify /);
  expect(commandsIn(now)).toBe(commandsIn(before));
  for (const svg of [before, now]) {
    expect(XMLValidator.validate(svg ?? '')).toBe(true);
    expect(svg).toContain('made a set in certs');
    expect(svg).toMatch(/PASSED<\/tspan> \(\d+ right/);
    // What the commands print is text, without a sequence that a picture cannot show.
    expect(stripVTControlCharacters(svg ?? '')).toBe(svg);
  }
});

test('the table of flaws is the catalogue', () => {
  const text = pageText('docs/refused-clients.md');
  for (const { name, summary, severity, needsNameConstraints, needsIntermediates } of FLAWS) {
    const needs = needsNameConstraints ? '--name-constraints' : needsIntermediates ? '--intermediates' : '';
    const condition = needs === '' ? '' : ` (only with \`${needs}\`)`;
    expect(text).toContain(`| \`${name}\` | ${summary}${condition} | ${severity} |\n`);
  }
});

// It goes on until it is stopped; what it does is shown in watch.test.ts.
test('the watch command has the options that the program has', () => {
  const commands = commandsOf('sh watch');
  expect(commands).not.toEqual([]);
  for (const command of commands) {
    const done = type(`${command} --help | head -1`, temporaryFolder());
    expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('watch') });
  }
});

// Only root may give files away.
test.skipIf(process.getuid?.() !== 0)('the commands for root do what they say', () => {
  const folder = temporaryFolder();
  for (const command of commandsOf('sh root')) {
    expect(type(command, folder)).toMatchObject({ status: 0, stderr: '' });
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
});
