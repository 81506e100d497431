// The GitHub Action's one step: makes the set that the inputs ask for, exports the variables of
// `generate-certs env` and sets the outputs. No shell sees an input.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf, outOf } from './action-arguments.mjs';

const PROGRAM = fileURLToPath(new URL('../bin/generate-certs.js', import.meta.url));
const input = (name) => process.env[`INPUT_${name.toUpperCase().replaceAll('-', '_')}`] ?? '';

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

const out = outOf(input);
run(argumentsOf(input, fail));
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
