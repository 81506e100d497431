import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, REFUSED } from '../support/layouts.js';
import { generateCerts } from '../support/program.js';

// Kafka is in no registry of Debian or npm: a server of Node's reads what the properties name, by the rules of Kafka's
// documentation (KIP-651). test/field/kafka.test.ts has a real broker.
describe('the layout kafka', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;
  let server: Server;

  beforeAll(async () => {
    set = layOut('kafka', join(folder, 'certs'), ['-p', 'broker-1=localhost', 'localhost']);
    const options = storesOf(propertiesOf(set.printed('server.properties')));
    server = createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (socket) =>
      socket.end(String(socket.getPeerCertificate().subject.CN)),
    );
    // A refusal ends the connection, which is what the client sees.
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server?.close();
  });

  const propertiesOf = (lines: readonly string[]) =>
    Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));

  /** What Kafka takes from its stores: a key in PKCS #8 and the chain of one file, and the CAs of another. */
  const storesOf = (properties: Record<string, string>) => {
    expect(properties).toMatchObject({ 'ssl.keystore.type': 'PEM', 'ssl.truststore.type': 'PEM' });
    expect(Object.keys(properties).filter((name) => name.endsWith('password'))).toEqual([]);
    const store = readFileSync(properties['ssl.keystore.location'] ?? '', 'utf8');
    const entries = store.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n/g) ?? [];
    const keys = entries.filter((entry) => entry.startsWith('-----BEGIN PRIVATE KEY-----'));
    const certificates = entries.filter((entry) => entry.startsWith('-----BEGIN CERTIFICATE-----'));
    expect([keys.length, keys.length + certificates.length]).toEqual([1, entries.length]);
    const ca = readFileSync(properties['ssl.truststore.location'] ?? '', 'utf8');
    return { key: keys.join(''), cert: certificates.join(''), ca };
  };
  const written = (party: string, name: string) =>
    propertiesOf(set.written(party, name).trim().split('\n').slice(1));

  const ask = (party?: string) =>
    new Promise<string>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const { ca, ...own } = storesOf(written(party ?? 'alice', 'client.properties'));
      connect({
        ...{ host: '127.0.0.1', port, servername: 'localhost', ca },
        ...(party !== undefined && own),
      })
        .setEncoding('utf8')
        .on('data', resolve)
        .on('error', reject)
        // Node's server ends the connection where it refuses, without an alert.
        .on('close', () => reject(new Error('closed')));
    });

  test('lets in the valid client', async () => {
    expect(await ask('alice')).toBe('alice');
  });

  test("lets in a broker, with its server's store", async () => {
    const { port } = server.address() as AddressInfo;
    const stores = storesOf(written('broker-1', 'server.properties'));
    const answer = await new Promise((resolve, reject) => {
      connect({ host: '127.0.0.1', port, servername: 'localhost', ...stores })
        .setEncoding('utf8')
        .on('data', resolve)
        .on('error', reject);
    });
    expect(answer).toBe('localhost');
  });

  test.each(REFUSED)('refuses a client that is %s', async (flaw) => {
    await expect(ask(`untrusted-${flaw}`)).rejects.toThrow();
  });

  test('refuses a client without a certificate', async () => {
    await expect(ask()).rejects.toThrow();
  });

  test('the files beside the certificates say the same as what is printed', () => {
    expect(written('broker-1', 'server.properties')).toEqual(propertiesOf(set.printed('server.properties')));
    expect(written('alice', 'client.properties')).toEqual(propertiesOf(set.printed('client.properties')));
  });
});

test('a set without a broker that may connect is warned of', () => {
  const out = join(temporaryFolder(), 'certs');
  const { status, stderr } = generateCerts(['-o', out, '-l', 'kafka']);
  expect([status, stderr]).toEqual([0, expect.stringContaining('--peer broker-1=')]);
});
