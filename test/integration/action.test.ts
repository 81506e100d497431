// The GitHub Action, run as a runner runs it: each step's shell lines in a file of their own, the inputs in
// the environment, the action in a checkout that was never built.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { copyCheckout } from '../support/checkout.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { codeBlocks } from '../support/pages.js';
import { REPOSITORY, runBeside } from '../support/program.js';

interface Action {
  inputs: Record<string, { default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: { id?: string; shell: string; env?: Record<string, string>; run: string }[] };
}
const action = parse(readFileSync(join(REPOSITORY, 'action.yml'), 'utf8')) as Action;
const checkout = temporaryFolderForAll();
const cache = temporaryFolderForAll();

beforeAll(() => copyCheckout(checkout));

const evaluate = (expression: string, inputs: Record<string, string>) =>
  expression.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs[name] ?? '');

/** Reads the file of a runner, in which a value of several lines ends at its delimiter. */
function readValues(path: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = readFileSync(path, 'utf8').split('\n');
  while (lines.length > 1) {
    const [, name = '', delimiter = ''] = /^(\w+)<<(.+)$/.exec(lines.shift() ?? '') ?? [];
    expect(name).not.toBe('');
    const end = lines.indexOf(delimiter);
    values[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return values;
}

/** Runs the steps in order until one fails. */
async function runAction(given: Record<string, string>) {
  const workspace = temporaryFolder();
  const runner = temporaryFolder();
  const files = { GITHUB_OUTPUT: join(runner, 'output'), GITHUB_ENV: join(runner, 'env') };
  for (const path of Object.values(files)) writeFileSync(path, '');
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value }]) => [name, given[name] ?? value ?? '']),
  );
  let status: number | null = 0;
  let output = '';
  for (const [index, { env = {}, run }] of action.runs.steps.entries()) {
    const script = join(runner, `${index}.sh`);
    writeFileSync(script, run);
    const step = Object.entries(env).map(([name, expression]) => [name, evaluate(expression, inputs)]);
    const done = await runBeside('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: workspace,
      env: {
        ...Object.fromEntries(step),
        ...files,
        GITHUB_ACTION_PATH: checkout,
        GITHUB_WORKSPACE: workspace,
        XDG_CACHE_HOME: cache,
        npm_config_prefer_offline: 'true',
      },
    });
    output += done.stdout + done.stderr;
    status = done.status;
    if (status !== 0) break;
  }
  // Nothing that an input asks for by its text was done, in no folder that it could have reached.
  for (const folder of [workspace, runner, checkout]) expect(readdirSync(folder)).not.toContain('pwned');
  return {
    status,
    output,
    workspace,
    outputs: readValues(files.GITHUB_OUTPUT),
    env: readValues(files.GITHUB_ENV),
  };
}

test('no shell line has an expression in it, and every input reaches the program', () => {
  expect(action.runs.using).toBe('composite');
  for (const { run, shell } of action.runs.steps) {
    expect(run).not.toContain('${{');
    expect(shell).toBe('bash');
  }
  const mapped = action.runs.steps.flatMap(({ env }) => Object.entries(env ?? {}));
  expect(mapped).toEqual(
    Object.keys(action.inputs).map((name) => [
      `INPUT_${name.toUpperCase().replaceAll('-', '_')}`,
      `\${{ inputs.${name} }}`,
    ]),
  );
  const script = readFileSync(join(REPOSITORY, 'scripts', 'action-arguments.mjs'), 'utf8');
  for (const name of Object.keys(action.inputs)) expect(script).toContain(`'${name}'`);
});

// The first run installs and builds.
test('without an input it makes the default set, names its folders and exports the variables', {
  timeout: 300_000,
}, async () => {
  const { status, output, workspace, outputs, env } = await runAction({});
  expect({ status, output }).toMatchObject({ status: 0 });
  const certs = join(workspace, 'certs');
  expect(outputs).toEqual({
    out: certs,
    ca: join(certs, 'ca.pem'),
    nginx: join(certs, 'nginx'),
    grpc: join(certs, 'grpc'),
  });
  expect(Object.keys(action.outputs)).toEqual(Object.keys(outputs));
  expect(env).toMatchObject({ GENERATE_CERTS_OUT: certs, DENO_CERT: join(certs, 'ca.pem') });
  expect(existsSync(env.SSL_CERT_FILE ?? '')).toBe(true);
});

test('a configuration file is read, and the inputs add to it', async () => {
  const config = join(temporaryFolder(), 'ci.yaml');
  writeFileSync(config, 'layouts: [grpc]\nclients: [alice]\nservers: { api: [api.test] }\n');
  const inputs = { config, client: 'bob', server: 'db=db.test', peer: 'node-1=node-1.test' };
  const { status, workspace } = await runAction(inputs);
  expect(status).toBe(0);
  const { request } = JSON.parse(readFileSync(join(workspace, 'certs', 'set.json'), 'utf8'));
  expect(request).toMatchObject({
    clients: ['alice', 'bob'],
    servers: [{ id: 'api' }, { id: 'db' }],
    peers: [{ id: 'node-1' }],
  });
});

test('its inputs are the options', async () => {
  const { status, workspace, outputs } = await runAction({
    names: 'api.test\n*.api.test\n',
    layout: 'grpc',
    client: 'alice\nbob smith',
    clients: '2',
    untrusted: 'expired\ntampered',
    key: 'ec-p384',
    'valid-for': '30m',
    'ca-key': 'ec-p384',
    'name-constraints': 'true',
    'key-mode': '640',
    force: 'true',
  });
  expect(status).toBe(0);
  expect(outputs).toMatchObject({ nginx: '', grpc: join(workspace, 'certs') });
  expect(JSON.parse(readFileSync(join(workspace, 'certs', 'set.json'), 'utf8')).request).toMatchObject({
    names: ['api.test', '*.api.test'],
    layouts: ['grpc'],
    clients: ['alice', 'bob smith', 'client-1', 'client-2'],
    untrusted: ['expired', 'tampered'],
    key: 'ec-p384',
    caKey: 'ec-p384',
    validFor: '30m',
    nameConstraints: true,
    keyMode: '0640',
  });
});

const HOSTILE = [
  '$(touch pwned)',
  '`touch pwned`',
  "'; touch pwned; '",
  '"; touch pwned; "',
  'a b; touch pwned #',
  '\n touch pwned\n',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's own braces
  '${{ github.token }} && touch pwned',
  '--out=pwned',
  '| touch pwned',
];

describe('what an input holds is never run', () => {
  test.each(HOSTILE)('as a folder: %j', async (out) => {
    const { status, outputs, workspace } = await runAction({ out, layout: 'grpc', key: 'ec-p256' });
    expect(status).toBe(0);
    expect(outputs.out).toBe(join(workspace, out));
    expect(existsSync(join(workspace, out, 'server.pem'))).toBe(true);
  });

  // Each of the inputs holds another text, and every text is in several of them.
  test.each([0, 1, 2])('as every other input, the texts moved by %d', async (moved) => {
    const others = Object.keys(action.inputs).filter((name) => name !== 'out');
    expect(others.length).toBeGreaterThan(HOSTILE.length);
    const texts = others.map((name, index) => [name, HOSTILE[(index + 3 * moved) % HOSTILE.length] ?? '']);
    const { status, workspace } = await runAction(Object.fromEntries(texts));
    expect(status).toBe(2);
    expect(readdirSync(workspace)).toEqual([]);
  });

  test.each(['names', 'client', 'untrusted'])('as %s alone', async (name) => {
    const { status, output, workspace } = await runAction({ [name]: '$(touch pwned)' });
    expect(status).toBe(2);
    expect(output).toContain("'$(touch pwned)'");
    expect(readdirSync(workspace)).toEqual([]);
  });
});

describe('the page on CI', () => {
  const [workflow] = codeBlocks().filter(({ info }) => info === 'yaml action');
  const [pipeline] = codeBlocks().filter(({ info }) => info === 'yaml gitlab');
  const [scripts] = codeBlocks().filter(({ info }) => info === 'json script');

  /** A project that has the package installed. */
  function project(): { folder: string; env: Record<string, string> } {
    const folder = temporaryFolder();
    const bin = join(folder, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      join(bin, 'generate-certs'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(REPOSITORY, 'bin', 'generate-certs.js')}' "$@"\n`,
      { mode: 0o755 },
    );
    return { folder, env: { XDG_CACHE_HOME: cache, npm_config_update_notifier: 'false' } };
  }

  test('uses the action with inputs that it has', () => {
    const steps = parse(workflow?.text ?? '') as { uses?: string; with?: Record<string, unknown> }[];
    const given = steps.flatMap((step) => Object.keys(step.with ?? {}));
    expect(given.length).toBeGreaterThan(1);
    expect(given.filter((name) => !(name in action.inputs))).toEqual([]);
  });

  test('has a GitLab job whose lines do what they say', async () => {
    const { test: job } = parse(pipeline?.text ?? '') as {
      test: { before_script: string[]; script: string[] };
    };
    const lines = [...job.before_script, ...job.script].filter((line) => line !== 'npm ci');
    const { folder, env } = project();
    writeFileSync(join(folder, 'package.json'), '{ "scripts": { "test": "cat \\"$GENERATE_CERTS_CA\\"" } }');
    const done = await runBeside('sh', ['-e', '-c', lines.join('\n')], { cwd: folder, env });
    expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('BEGIN CERTIFICATE') });
  });

  test('has package.json scripts that do what they say', async () => {
    const { folder, env } = project();
    writeFileSync(join(folder, 'package.json'), scripts?.text ?? '');
    const check = "require('node:assert').ok(require('node:fs').existsSync(process.env.NODE_EXTRA_CA_CERTS))";
    writeFileSync(join(folder, 'some.test.cjs'), `require('node:test')('trusts the set', () => ${check});\n`);
    const done = await runBeside('npm', ['test'], { cwd: folder, env });
    expect(done).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, 'certs', 'set.json'))).toBe(true);
  });
});
