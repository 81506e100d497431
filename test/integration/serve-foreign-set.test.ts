// serve on a folder that another program filled: what the NGINX example's own script leaves.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { exitOf, startFront, startServe } from '../support/front.js';
import { MODEL_SERVER } from '../support/model-server.js';
import { runBeside } from '../support/program.js';

const tools = inject('tools');
const filled = join(temporaryFolderForAll(), 'filled');

/** As the script makes them, with smaller keys: a self-signed server without names, a CA, a client, a list. */
beforeAll(() => {
  if (!tools.openssl) return;
  mkdirSync(filled);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: filled, stdio: 'pipe' });
  const selfSigned = (name: string, subject: string) =>
    openssl(
      ...['req', '-x509', '-nodes', '-days', '2', '-newkey', 'rsa:2048', '-subj', subject],
      ...['-keyout', `${name}.key`, '-out', `${name}.pem`],
    );
  selfSigned('server', '/C=US/CN=localhost');
  selfSigned('client_cert_ca', '/C=US/CN=some CA');
  openssl(
    ...[
      'req',
      '-new',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-subj',
      '/C=US/CN=client',
      '-keyout',
      'client.key',
      '-out',
      'csr',
    ],
  );
  openssl(
    ...['x509', '-req', '-in', 'csr', '-CA', 'client_cert_ca.pem', '-CAkey', 'client_cert_ca.key'],
    ...['-CAcreateserial', '-days', '2', '-out', 'client.pem'],
  );
  const configuration = '[ca]\ndefault_ca=own\n[own]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n';
  writeFileSync(join(filled, 'ca.conf'), configuration);
  writeFileSync(join(filled, 'index'), '');
  writeFileSync(join(filled, 'number'), '01\n');
  openssl(
    ...['ca', '-config', 'ca.conf', '-gencrl', '-crldays', '730', '-keyfile', 'client_cert_ca.key'],
    ...['-cert', 'client_cert_ca.pem', '-out', 'client_cert_ca.crl'],
  );
});

function copy(): string {
  const out = join(temporaryFolder(), 'certs');
  cpSync(filled, out, { recursive: true });
  return out;
}

const contentOf = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

describe.skipIf(!tools.nginx || !tools.openssl)('a folder that the script of the example filled', () => {
  test('is served with as it is, and left as it is', async () => {
    const out = copy();
    const before = contentOf(out);
    const front = await startFront({ folder: temporaryFolder(), out });
    onTestFinished(front.process.stop);
    expect(front.process.output()).toMatch(/warning: the certificates in '.*' are used as they are/);
    const file = (name: string) => join(out, name);
    const call = (...more: string[]) =>
      runBeside('curl', [
        ...['-sS', '--cacert', file('server.pem'), ...more, `https://localhost:${front.rest}/v2/health/live`],
      ]);
    const known = ['--cert', file('client.pem'), '--key', file('client.key')];
    expect((await call(...known)).stdout).toContain('live');
    expect((await call()).stdout).toContain('No required SSL certificate was sent');
    front.process.child.kill('SIGTERM');
    expect(await front.exit).toEqual({ status: 143, signal: null });
    expect(contentOf(out)).toEqual(before);
  });

  test.each([
    ['client_cert_ca.crl is missing', (out: string) => rmSync(join(out, 'client_cert_ca.crl')), 'is missing'],
    [
      'the key is of another certificate',
      (out: string) => cpSync(join(out, 'client.key'), join(out, 'server.key')),
      "'server.key' is not the key of server.pem",
    ],
    [
      'the CA is no CA',
      (out: string) => cpSync(join(out, 'client.pem'), join(out, 'client_cert_ca.pem')),
      "'client_cert_ca.pem' is not a CA",
    ],
    [
      'the list is of another CA',
      (out: string) => cpSync(join(out, 'server.pem'), join(out, 'client_cert_ca.pem')),
      "'client_cert_ca.crl' is not signed by client_cert_ca.pem",
    ],
    [
      'the list is none',
      (out: string) => writeFileSync(join(out, 'client_cert_ca.crl'), 'none'),
      "'client_cert_ca.crl' is not a revocation list",
    ],
    [
      'the certificate is none',
      (out: string) => writeFileSync(join(out, 'server.pem'), ''),
      "'server.pem' is not a certificate",
    ],
  ])('%s: refused, and nothing is made', async (_name, spoil, message) => {
    const out = copy();
    spoil(out);
    const before = contentOf(out);
    const serve = startServe({ folder: temporaryFolder(), out }, ['--', process.execPath, MODEL_SERVER]);
    onTestFinished(serve.stop);
    await serve.said(/hint: /);
    expect(await exitOf(serve)).toEqual({ status: 2, signal: null });
    expect(serve.output()).toContain(message);
    expect(contentOf(out)).toEqual(before);
    expect(existsSync(join(out, 'set.json'))).toBe(false);
  });
});
