import { readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, REFUSED } from '../support/layouts.js';
import { generateCerts, run } from '../support/program.js';

const BILLING = 'CN=app,O=billing';
const BILLING_FOLDER = 'CN-app-O-billing';

// MongoDB is in no registry of Debian: the files are held against the rules of its documentation (x.509), and a server
// of Node's reads what mongod.conf names. test/field/mongodb.test.ts has MongoDB's shell, and FerretDB.
describe('the layout mongodb', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;
  let server: Server;

  beforeAll(async () => {
    set = layOut('mongodb', join(folder, 'certs'), ['-c', BILLING]);
    const { tls } = parse(set.printed('mongod.conf').join('\n')).net;
    expect(tls.mode).toBe('requireTLS');
    const pem = readFileSync(tls.certificateKeyFile);
    const [ca, crl] = [tls.CAFile, tls.CRLFile].map((file) => readFileSync(file));
    const required = { requestCert: true, rejectUnauthorized: true };
    server = createServer({ cert: pem, key: pem, ca, crl, ...required }, (socket) =>
      socket.end(JSON.stringify(socket.getPeerCertificate().subject)),
    );
    // A refusal ends the connection, which is what the client sees.
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server?.close();
  });

  const ask = (party?: string) =>
    new Promise<string>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const pem = party === undefined ? undefined : readFileSync(set.file(party, 'client.pem'));
      const ca = readFileSync(set.file('alice', 'ca.pem'));
      connect({
        ...{ host: '127.0.0.1', port, servername: 'localhost', ca },
        ...(pem !== undefined && { cert: pem, key: pem }),
      })
        .setEncoding('utf8')
        .on('data', resolve)
        .on('error', reject)
        // Node's server ends the connection where it refuses, without an alert.
        .on('close', () => reject(new Error('closed')));
    });

  test('lets in the valid client, which has the organization that it was given', async () => {
    expect(JSON.parse(await ask(BILLING_FOLDER))).toMatchObject({ CN: 'app', O: 'billing' });
  });

  test('the printed user has the subject as RFC 4514 writes it, which MongoDB demands', () => {
    const next = layOut('mongodb', join(temporaryFolder(), 'certs'), ['-c', BILLING]);
    const [line = ''] = next.printed('a user for the client');
    const [, name] = /createUser: "([^"]*)"/.exec(line) ?? [];
    const subject = run('openssl', [
      ...['x509', '-in', next.file('alice', 'client.pem'), '-noout', '-subject', '-nameopt', 'RFC2253'],
    ]);
    expect(`subject=${name}\n`).toBe(subject.stdout);
  });

  test.each([...REFUSED, 'revoked'])('refuses a client that is %s', async (flaw) => {
    await expect(ask(`untrusted-${flaw}`)).rejects.toThrow();
  });

  test('refuses a client without a certificate', async () => {
    await expect(ask()).rejects.toThrow();
  });

  test('the file beside the certificates says the same as what is printed', () => {
    const [, ...lines] = set.written('server', 'mongod.conf').trim().split('\n');
    expect(lines).toEqual(set.printed('mongod.conf'));
  });

  test('files with a key are private', () => {
    for (const file of [set.file('server', 'mongodb.pem'), set.file('alice', 'client.pem')]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
  });
});

// Too long for a CN: the server's subject is an organization.
const LONG = `${'a'.repeat(60)}.${'b'.repeat(10)}.test`;

test('a client with the organization of a server is refused, and nothing is written', () => {
  const out = join(temporaryFolder(), 'certs');
  const ask = (client: string) => generateCerts(['-o', out, '-l', 'mongodb', '-c', client, LONG]);
  const { status, stderr } = ask('CN=alice,O=generate-certs');
  expect([status, stderr]).toEqual([2, expect.stringContaining('with every right')]);
  expect(() => statSync(out)).toThrow(/ENOENT/);
  expect(ask('CN=alice,OU=ops,O=generate-certs').status).toBe(0);
});

test('a client without an organization is warned of', () => {
  const out = join(temporaryFolder(), 'certs');
  const ask = (client: string) => generateCerts(['-o', out, '--new', '-l', 'mongodb', '-c', client]);
  expect(ask('alice')).toMatchObject({ status: 0, stderr: expect.stringContaining("'alice' has none") });
  expect(ask(BILLING)).toMatchObject({ status: 0, stderr: '' });
});
