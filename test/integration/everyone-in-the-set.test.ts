// Servers, peers, clients and those whose keys are elsewhere, through all that happens to a set.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  ensureCertificateSet,
  loadCertificateSet,
  readManifest,
  renewCertificateSet,
  rotateCertificateSet,
  signRequests,
} from '../../src/index.js';
import { ACCEPTED, probeNode } from '../support/flaw-probes.js';
import { temporaryFolder } from '../support/folder.js';
import { opensslRequest, opensslText } from '../support/openssl.js';
import { generateCerts } from '../support/program.js';
import { findProblems } from '../support/set-checker.js';

const EVERYONE = [
  ...['client alice', 'client dora', 'peer node-1', 'peer node-2', 'server api', 'server db', 'server mail'],
];

/** Two servers, a peer and a client, and one of each whose key is elsewhere. */
async function makeSet(): Promise<string> {
  const folder = join(temporaryFolder(), 'certs');
  await ensureCertificateSet(folder, {
    ...{ layouts: ['nginx', 'postgres'], key: 'ec-p256' },
    servers: { api: ['api.test', 'localhost'], db: ['db.test', 'localhost'] },
    peers: { 'node-1': ['node-1.test', 'localhost'] },
    clients: ['alice'],
  });
  const keys = temporaryFolder();
  const request = (name: string) => readFileSync(opensslRequest(keys, name));
  await signRequests(folder, [request('dora')], { as: 'client' });
  await signRequests(folder, [request('mail.test')], { as: 'server', name: 'mail' });
  await signRequests(folder, [request('node-2.test')], { as: 'peer', name: 'node-2' });
  return folder;
}

/** Who is in the set on the disk, and with which certificate. */
async function everyone(folder: string): Promise<Map<string, string>> {
  const { certificates } = await readManifest(folder);
  const parties = certificates.filter(
    ({ role, flaw }) => /^(client|peer|server)$/.test(role) && flaw === null,
  );
  return new Map(
    parties.map(({ role, name, sha256 }): [string, string] => [`${role} ${name}`, sha256]).sort(),
  );
}

/** Whose calls to whom are not let in, of all whose keys are in the sets. */
async function refusals(serving: CertificateSet, calling: CertificateSet): Promise<string[]> {
  const servers = [...serving.servers, ...serving.peers].filter(({ isKeyElsewhere }) => !isKeyElsewhere);
  const callers = [...calling.clients, ...calling.peers].filter(({ isKeyElsewhere }) => !isKeyElsewhere);
  expect([servers.length, callers.length]).toEqual([3, 2]);
  const refused: string[] = [];
  for (const server of servers) {
    for (const caller of callers) {
      const { certificate, privateKey } = caller;
      const { ca } = calling.client('alice').tlsOptions();
      const options = { ca, cert: caller.pem, key: privateKey.pem };
      const said = await probeNode(server.tlsOptions(), options);
      if (said !== ACCEPTED) refused.push(`${server.name} ${certificate.subject}: ${said}`);
    }
  }
  return refused;
}

describe('everyone in a set', () => {
  test('is renewed, and made again where a file is missing', async () => {
    const folder = await makeSet();
    const before = await everyone(folder);
    expect([...before.keys()]).toEqual(EVERYONE);
    expect((await ensureCertificateSet(folder)).outcome).toBe('unchanged');
    await renewCertificateSet(folder);
    const after = await everyone(folder);
    expect([...after.keys()]).toEqual(EVERYONE);
    for (const [party, sha256] of after)
      expect(`${party} ${sha256}`).not.toBe(`${party} ${before.get(party)}`);
    expect(findProblems(folder)).toEqual([]);

    const { certificates } = await readManifest(folder);
    for (const { role, name, files } of certificates) {
      const path = files.postgres?.certificate;
      if (path === undefined || !after.has(`${role} ${name}`)) continue;
      const file = join(folder, path);
      const text = readFileSync(file, 'utf8');
      rmSync(file);
      expect((await ensureCertificateSet(folder)).made).toEqual([path]);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });

  test('is let in by everyone after each step of a rotation, with old certificates and new ones', async () => {
    const folder = await makeSet();
    const first = await loadCertificateSet(folder);
    let before = first;
    for (const step of ['trust', 'issue', 'drop'] as const) {
      expect((await rotateCertificateSet(folder)).step).toBe(step);
      const after = await loadCertificateSet(folder);
      expect([step, await refusals(before, after)]).toEqual([step, []]);
      expect([step, await refusals(after, before)]).toEqual([step, []]);
      expect([step, await refusals(after, after)]).toEqual([step, []]);
      expect([...(await everyone(folder)).keys()]).toEqual(EVERYONE);
      expect(generateCerts(['verify', '-o', folder])).toMatchObject({ status: 0 });
      before = after;
    }
    // Three servers, called by two: none of the old is let in.
    expect(await refusals(before, first)).toHaveLength(6);
    expect(await refusals(first, before)).toHaveLength(6);
  });

  test('is shown and verified, gets the variables, and goes with the set', async () => {
    const folder = await makeSet();
    const shown = generateCerts(['show', '-o', folder]).stdout;
    for (const party of EVERYONE) {
      const [role, name] = party.split(' ');
      const named = role === 'server' || role === 'peer' ? name : `CN=${name}`;
      expect(shown).toContain(named);
    }
    const { status, stdout } = generateCerts(['verify', '--json', '-o', folder]);
    expect(status).toBe(0);
    const verified = JSON.stringify(JSON.parse(stdout));
    for (const name of ['api', 'db', 'mail', 'node-1', 'node-2', 'alice', 'dora']) {
      expect(verified).toContain(name);
    }
    expect(generateCerts(['env', '-o', folder])).toMatchObject({ status: 0, stderr: '' });
    expect(generateCerts(['exec', '-o', folder, '--', 'true'])).toMatchObject({ status: 0 });
    expect(generateCerts(['clean', '-o', folder])).toMatchObject({ status: 0 });
    expect(existsSync(folder)).toBe(false);
  });
});

const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
  .filter((text) => !text.includes('--'));
const name = fc.oneof(
  fc.tuple(label, label).map((labels) => `${labels.join('.')}.test`),
  fc.tuple(label).map(([first]) => `*.${first}.test`),
  fc.ipV4(),
  label.map((text) => `spiffe://example.test/${text}`),
);
const id = fc.stringMatching(/^[a-z][a-z0-9]([a-z0-9._-]{0,10}[a-z0-9])?$/);

test('a server has the names that are asked for, in their order, and no others', {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder();
  const servers = fc.uniqueArray(fc.tuple(id, fc.uniqueArray(name, { minLength: 1, maxLength: 5 })), {
    minLength: 1,
    maxLength: 4,
    selector: ([one]) => one,
  });
  await fc.assert(
    fc.asyncProperty(servers, async (asked) => {
      const ids = asked.map(([one], at) => `s${at}-${one}`);
      const options = Object.fromEntries(asked.map(([, names], at) => [ids[at], names]));
      const set = await createCertificateSet({ layouts: ['grpc'], servers: options, untrusted: 'none' });
      expect(set.servers.map((server) => server.name)).toEqual(ids);
      for (const [at, [, names]] of asked.entries()) {
        const file = join(folder, 'server.pem');
        const server = set.serverOf(ids[at] ?? '');
        writeFileSync(file, server.pem);
        const [, line = ''] = /Subject Alternative Name:[^\n]*\n *([^\n]*)/.exec(opensslText(file)) ?? [];
        const said = line.split(', ').map((entry) => entry.replace(/^(DNS|IP Address|URI):/, ''));
        expect(said).toEqual(names);
      }
      const keys = new Set(set.servers.map(({ privateKey }) => privateKey.pem));
      expect(keys.size).toBe(asked.length);
    }),
    { numRuns: 20 },
  );
});
