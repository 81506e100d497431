// No verdict follows from words: with every message of a report reworded, each time differently, all is judged as before.
import { EventEmitter, once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, get } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { printReport } from '../../src/cli/report/print.js';
import { coloursFor } from '../../src/cli/terminal/colours.js';
import { OUT } from '../../src/cli/terminal/output.js';
import type { Terminal } from '../../src/cli/terminal/terminal.js';
import {
  type CertificateSet,
  type ClientTarget,
  createCertificateSet,
  openClientServers,
  type ServerTlsOptions,
  type VerifyReport,
  verifyCertificateSet,
  verifyClient,
  verifyEndpoint,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/processes.js';

const wording = vi.hoisted(() => ({ reworded: false, count: 0 }));

vi.mock('../../src/verify/report/wording.js', async (original) => {
  const functions = await original<Record<string, (...values: unknown[]) => string>>();
  const reword =
    (text: (...values: unknown[]) => string) =>
    (...values: unknown[]) =>
      wording.reworded ? `reworded ${wording.count++}` : text(...values);
  return Object.fromEntries(Object.entries(functions).map(([name, text]) => [name, reword(text)]));
});

let set: CertificateSet;
beforeAll(async () => {
  set = await createCertificateSet({
    key: 'ec-p256',
    clients: ['alice', 'bob'],
    untrusted: ['expired', 'revoked'],
  });
});

async function listen(options: Partial<ServerTlsOptions>): Promise<string> {
  const server = createServer(options, (_request, response) => response.end('{}'));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const silentTerminal = {
  data: () => undefined,
  result: () => undefined,
  failure: () => undefined,
  isQuiet: false,
  colour: coloursFor(OUT, { NO_COLOR: '1' }),
} as unknown as Terminal;

/** All of a report but its words. */
async function judgedIn(report: VerifyReport) {
  const rows = report.rows.map(({ kind, verdict, severity, tls, flaw }) => ({
    kind,
    verdict,
    severity,
    tls,
    flaw,
  }));
  const { counts, result, silent } = report;
  return { rows, counts, result, silent, status: await printReport(report, {}, silentTerminal) };
}

async function expectSameJudgement(make: () => Promise<VerifyReport>, result: VerifyReport['result']) {
  wording.reworded = false;
  const plain = await make();
  wording.reworded = true;
  const reworded = await make();
  expect(
    reworded.rows.every(({ name, observed }) => /^reworded/.test(name) && /^reworded/.test(observed)),
  ).toBe(true);
  expect(plain.rows.some(({ name }) => name.startsWith('reworded'))).toBe(false);
  expect(await judgedIn(reworded)).toEqual(await judgedIn(plain));
  expect(plain.result).toBe(result);
}

const request = ({ url, tlsOptions }: ClientTarget, more: object = {}) =>
  new Promise<void>((resolve, reject) => {
    get(url, { ...tlsOptions, ...more, agent: false }, (response) => response.resume().on('end', resolve)).on(
      'error',
      reject,
    );
  });

test('of an endpoint that is right, one that lets in anybody, and one that is not there', async () => {
  const mutual = await listen(set.server.tlsOptions());
  const open = await listen({ ...set.server.tlsOptions(), requestCert: false, rejectUnauthorized: false });
  const dead = `https://localhost:${await freePort()}`;
  await expectSameJudgement(() => verifyEndpoint({ set, rest: mutual }), 'right');
  await expectSameJudgement(() => verifyEndpoint({ set, rest: [mutual, open] }), 'wrong');
  await expectSameJudgement(() => verifyEndpoint({ set, rest: dead, timeoutMs: 2000 }), 'no-answer');
});

test('of a set that is right, and of a damaged one', async () => {
  await expectSameJudgement(() => verifyCertificateSet(set), 'right');
  const folder = temporaryFolder();
  await writeCertificateSet(set, folder);
  rmSync(join(folder, 'authority/ca.key'));
  await expectSameJudgement(() => verifyCertificateSet(folder), 'right');
  await expectSameJudgement(() => verifyCertificateSet(folder, { strict: true }), 'wrong');
  rmSync(join(folder, 'nginx/server.key'));
  await expectSameJudgement(() => verifyCertificateSet(folder), 'wrong');
});

test('of a client that checks the server, of one that does not, and of one that calls nothing', async () => {
  const flaws = ['expired', 'unknown-ca'];
  await expectSameJudgement(() => verifyClient({ set, flaws, call: (target) => request(target) }), 'right');
  await expectSameJudgement(
    () => verifyClient({ set, flaws, call: (target) => request(target, { rejectUnauthorized: false }) }),
    'wrong',
  );
  await expectSameJudgement(() => verifyClient({ set, flaws, call: async () => undefined }), 'no-answer');
  await expectSameJudgement(async () => {
    const seen = new EventEmitter();
    const onContact = () => seen.emit('contact');
    const servers = await openClientServers({ set, flaws, onContact });
    try {
      for (const { url } of servers.servers) {
        const contact = once(seen, 'contact');
        get(url, { ca: set.trustedPem, agent: false }, (response) => response.resume()).on('error', () => {});
        await contact;
      }
      return servers.report();
    } finally {
      servers.close();
    }
  }, 'right');
});
