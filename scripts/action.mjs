// The GitHub Action's one step: makes the set that the inputs ask for, exports the variables of
// `generate-certs env` and sets the outputs. Each input becomes one argument of the program, whatever it
// holds; no shell sees it.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../bin/generate-certs.js', import.meta.url));
const input = (name) => process.env[`INPUT_${name}`] ?? '';
const lines = (name) =>
  input(name)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
const option = (flag, name) => (input(name) === '' ? [] : [`--${flag}=${input(name)}`]);
const repeated = (flag, name) => lines(name).map((line) => `--${flag}=${line}`);

function flag(name, variable) {
  const value = input(variable);
  if (value === 'true') return [`--${name}`];
  if (value === 'false' || value === '') return [];
  fail(`the input ${name} is ${JSON.stringify(value)}, not true or false`);
}

function fail(message) {
  // In GitHub's command the text ends at the line's end, and % begins an escape.
  const text = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  console.log(`::error title=generate-certs::${text}`);
  process.exit(2);
}

function run(args) {
  const { status, error } = spawnSync(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' });
  if (error !== undefined) fail(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

const out = input('OUT') === '' ? 'certs' : input('OUT');
run([
  `--out=${out}`,
  ...repeated('layout', 'LAYOUT'),
  ...repeated('client', 'CLIENT'),
  ...option('clients', 'CLIENTS'),
  ...repeated('untrusted', 'UNTRUSTED'),
  ...option('key', 'KEY'),
  ...option('valid-for', 'VALID_FOR'),
  ...option('ca-key', 'CA_KEY'),
  ...flag('name-constraints', 'NAME_CONSTRAINTS'),
  ...option('key-mode', 'KEY_MODE'),
  ...option('owner', 'OWNER'),
  ...flag('force', 'FORCE'),
  '--',
  ...lines('NAMES'),
]);
run(['env', '--format=github', `--out=${out}`]);

const { request } = JSON.parse(readFileSync(join(out, 'set.json'), 'utf8'));
const folderOf = (layout) => {
  if (!request.layouts.includes(layout)) return '';
  return resolve(request.layouts.length > 1 ? join(out, layout) : out);
};
const outputs = {
  out: resolve(out),
  ca: resolve(out, 'ca.pem'),
  nginx: folderOf('nginx'),
  grpc: folderOf('grpc'),
};
for (const [name, value] of Object.entries(outputs)) {
  // A folder's name may hold a line break: the value ends at a line that nobody can have ready.
  const delimiter = `end-${randomBytes(16).toString('hex')}`;
  const text = `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
  if (existsSync(process.env.GITHUB_OUTPUT ?? '')) appendFileSync(process.env.GITHUB_OUTPUT, text);
  else console.log(text);
}
