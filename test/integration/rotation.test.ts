// A new CA in three steps: after each of them everything that should talk does, and after the last the old CA's is refused.
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  ensureCertificateSet,
  loadCertificateSet,
  readManifest,
  removeCertificateSet,
  renewCertificateSet,
  revokeClient,
  rotateCertificateSet,
  verifyCertificateSet,
} from '../../src/index.js';
import { ACCEPTED, probeGrpc, probeNode, probeRest } from '../support/flaw-probes.js';
import { temporaryFolder } from '../support/folder.js';
import { C_CORE_FORMS, startGrpcServer } from '../support/grpc.js';
import { startNginx } from '../support/nginx.js';
import { EXECUTABLE, generateCerts } from '../support/program.js';
import { runWith } from '../support/strace.js';

const tools = inject('tools');
const STEPS = ['trust', 'issue', 'drop'] as const;
/** Made at once; the layout's own default is RSA. */
const KEY = { key: 'ec-p256' } as const;

const judge = (server: CertificateSet, client: CertificateSet, name = 'alice') =>
  probeNode(server.server.tlsOptions(), client.client(name).tlsOptions());

async function makeSet(intermediates = 0): Promise<string> {
  const folder = temporaryFolder();
  await ensureCertificateSet(folder, {
    ...{ clients: ['alice', 'bob'], layouts: ['nginx'], intermediates },
    ...KEY,
  });
  return folder;
}

async function isRight(folder: string): Promise<void> {
  const { rows } = await verifyCertificateSet(folder);
  expect(rows.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
}

describe.each([0, 1])('a rotation with intermediates: %d', (intermediates) => {
  test('lets old and new talk after each step, and the old CA none after the last', async () => {
    const folder = await makeSet(intermediates);
    const sets = [await loadCertificateSet(folder)];
    for (const step of STEPS) {
      const result = await rotateCertificateSet(folder);
      expect(result).toMatchObject({ step, changed: true });
      await isRight(folder);
      expect((await ensureCertificateSet(folder, KEY)).outcome).toBe('unchanged');
      const [before, after] = [sets.at(-1) as CertificateSet, await loadCertificateSet(folder)];
      expect([await judge(before, after), await judge(after, before), await judge(after, after)]).toEqual([
        ACCEPTED,
        ACCEPTED,
        ACCEPTED,
      ]);
      sets.push(after);
    }
    const [old, trusting, , last] = sets as [CertificateSet, CertificateSet, CertificateSet, CertificateSet];
    expect(last.authority.certificate.subject).not.toBe(old.authority.certificate.subject);
    expect(trusting.server.certificate.sha256).toBe(old.server.certificate.sha256);
    expect(await judge(last, old)).not.toBe(ACCEPTED);
    expect(await judge(last, trusting)).not.toBe(ACCEPTED);
    expect(await judge(old, last)).not.toBe(ACCEPTED);
    expect((await readManifest(folder)).rotation).toBeUndefined();
    expect(readdirSync(join(folder, 'authority')).filter((name) => /next|previous/.test(name))).toEqual([]);
  });
});

describe('a rotation', () => {
  test('keeps the revoked revoked, by either CA', async () => {
    const folder = await makeSet();
    await revokeClient(folder, 'alice');
    await rotateCertificateSet(folder);
    const old = await loadCertificateSet(folder);
    await rotateCertificateSet(folder);
    const issued = await loadCertificateSet(folder);
    expect([await judge(issued, old), await judge(issued, issued)]).toEqual(['CERT_REVOKED', 'CERT_REVOKED']);
    // Who is revoked now is revoked with the old certificate too.
    expect([await judge(issued, old, 'bob'), await judge(issued, issued, 'bob')]).toEqual([
      ACCEPTED,
      ACCEPTED,
    ]);
    await revokeClient(folder, 'bob');
    const now = await loadCertificateSet(folder);
    expect([await judge(now, old, 'bob'), await judge(now, issued, 'bob')]).toEqual([
      'CERT_REVOKED',
      'CERT_REVOKED',
    ]);
    await isRight(folder);
    await rotateCertificateSet(folder);
    const last = await loadCertificateSet(folder);
    expect(await judge(last, last, 'bob')).toBe('CERT_REVOKED');
  });

  test.each(['trust', 'issue'] as const)(
    'goes on after %s through renewal, repair and more clients',
    async (step) => {
      const folder = await makeSet();
      await rotateCertificateSet(folder);
      if (step === 'issue') await rotateCertificateSet(folder);
      const before = await loadCertificateSet(folder);
      await renewCertificateSet(folder);
      rmSync(join(folder, 'alice.pem'));
      rmSync(join(folder, 'client_cert_ca.crl'));
      expect((await ensureCertificateSet(folder, { clients: ['carol'], ...KEY })).outcome).toBe('updated');
      await isRight(folder);
      const after = await loadCertificateSet(folder);
      expect((await readManifest(folder)).rotation?.step).toBe(step);
      expect([await judge(before, after), await judge(after, before)]).toEqual([ACCEPTED, ACCEPTED]);
      expect(await judge(before, after, 'carol')).toBe(ACCEPTED);
      expect((await rotateCertificateSet(folder)).step).toBe(step === 'trust' ? 'issue' : 'drop');
      await isRight(folder);
    },
  );

  test('ends where the key of the other CA is lost, and the set stays', async () => {
    const folder = await makeSet();
    const old = await loadCertificateSet(folder);
    await rotateCertificateSet(folder);
    rmSync(join(folder, 'authority', 'next-ca.key'));
    expect((await ensureCertificateSet(folder, KEY)).outcome).toBe('updated');
    const set = await loadCertificateSet(folder);
    expect(set.authority.certificate.sha256).toBe(old.authority.certificate.sha256);
    expect((await readManifest(folder)).rotation).toBeUndefined();
    await isRight(folder);
  });

  test('makes a step once, and none out of turn', async () => {
    const folder = await makeSet();
    await expect(rotateCertificateSet(folder, { step: 'issue' })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
      hint: "the next step is 'trust'",
    });
    expect(await rotateCertificateSet(folder, { step: 'trust' })).toMatchObject({ changed: true });
    expect(await rotateCertificateSet(folder, { step: 'trust' })).toMatchObject({
      changed: false,
      step: 'trust',
    });
    await expect(rotateCertificateSet(folder, { step: 'drop' })).rejects.toMatchObject({
      hint: "the next step is 'issue'",
    });
    await expect(rotateCertificateSet(folder, { step: 'next' as 'drop' })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    });
  });

  test.runIf(tools.strace)(
    'that is killed at a move leaves a whole set, and goes on',
    { timeout: 240_000 },
    async () => {
      const model = await makeSet(1);
      await rotateCertificateSet(model);
      const subject = { program: EXECUTABLE, args: ['rotate', '--step', 'issue'], paths: [] };
      let kills = 0;
      for (let when = 1; ; when += 5) {
        const out = join(temporaryFolder(), 'set');
        cpSync(model, out, { recursive: true });
        const { status } = await runWith({ call: 'rename', what: 'signal=SIGKILL', when }, subject, out);
        if (status === 0) break;
        kills++;
        // Whether the step was lost or made: it is made once.
        expect((await rotateCertificateSet(out, { step: 'issue' })).step).toBe('issue');
        expect((await readManifest(out)).rotation?.step).toBe('issue');
        await isRight(out);
      }
      expect(kills).toBeGreaterThan(3);
    },
  );

  test('is removed with the set', async () => {
    const folder = await makeSet();
    await rotateCertificateSet(folder);
    await removeCertificateSet(folder);
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });

  test('says on the command line where it stands and what comes next', () => {
    const folder = temporaryFolder();
    const run = (...args: string[]) => generateCerts([...args, '-o', folder]);
    expect(run('-l', 'grpc', '-q').status).toBe(0);
    expect(run('rotate').stdout).toContain('then: generate-certs rotate --step issue');
    expect(run('show').stdout).toContain('rotation, step 1 of 3 (trust)');
    expect(run('rotate', '--step', 'issue').stdout).toContain('step 2 of 3, issue');
    expect(run('show').stdout).toContain('rotation, step 2 of 3 (issue)');
    expect(run('rotate').stdout).toContain('step 3 of 3, drop');
    expect(run('show').stdout).not.toContain('rotation');
    expect(run('rotate', '--step', 'drop')).toMatchObject({
      status: 2,
      stderr:
        "generate-certs: error: no rotation is under way, and 'drop' is not its first step\n" +
        "generate-certs: hint: the next step is 'trust'\n",
    });
  });
});

/** Calls without a pause as a client that takes new files at once and one that takes them last of all. */
async function rotateUnderCalls(
  folder: string,
  call: (options: ReturnType<CertificateSet['clients'][0]['tlsOptions']>) => Promise<string>,
  reload: () => Promise<void>,
): Promise<{ said: string[]; old: CertificateSet }> {
  const optionsNow = async () => (await loadCertificateSet(folder)).client('alice').tlsOptions();
  const old = await loadCertificateSet(folder);
  let [early, late] = [await optionsNow(), await optionsNow()];
  const said: string[] = [];
  let ended = false;
  let rounds = 0;
  const calling = (async () => {
    while (!ended) {
      said.push(await call(early), await call(late));
      rounds++;
    }
  })();
  const someRounds = () => {
    const from = rounds;
    return expect.poll(() => rounds, { timeout: 20_000 }).toBeGreaterThan(from + 3);
  };
  for (const step of STEPS) {
    await someRounds();
    expect((await rotateCertificateSet(folder)).step).toBe(step);
    early = await optionsNow();
    await someRounds();
    await reload();
    await someRounds();
    late = await optionsNow();
  }
  await someRounds();
  ended = true;
  await calling;
  return { said, old };
}

describe('under clients that call all the while, none is refused', () => {
  test.runIf(tools.nginx)('by NGINX', { timeout: 120_000 }, async () => {
    const folder = await makeSet();
    const file = (name: string) => join(folder, name);
    const backend = createServer((_request, response) => response.end('alive')).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const { port } = backend.address() as AddressInfo;
    const nginx = await startNginx(
      join(temporaryFolder(), 'run'),
      1,
      (ports) => `server {
      listen 127.0.0.1:${ports[0]} ssl; ssl_verify_client on;
      ssl_certificate ${file('server.pem')}; ssl_certificate_key ${file('server.key')};
      ssl_client_certificate ${file('client_cert_ca.pem')}; ssl_crl ${file('client_cert_ca.crl')};
      location / { proxy_pass http://127.0.0.1:${port}; } }`,
    );
    try {
      const call = (options: Parameters<typeof probeRest>[1]) => probeRest(nginx.ports[0] ?? 0, options);
      let reloads = 0;
      const { said, old } = await rotateUnderCalls(folder, call, async () => {
        reloads++;
        nginx.process.child.kill('SIGHUP');
        const workers = () => nginx.log().match(/start worker process \d+/g)?.length;
        await expect.poll(workers, { timeout: 10_000 }).toBe(reloads + 1);
      });
      expect(said.filter((word) => word !== ACCEPTED)).toEqual([]);
      const last = (await loadCertificateSet(folder)).client('alice');
      const client = { ...old.client('alice').tlsOptions(), ca: last.tlsOptions().ca };
      expect(await call(client)).toBe('400 The SSL certificate error');
    } finally {
      await nginx.stop();
      backend.close();
    }
  });

  for (const { form, python } of C_CORE_FORMS) {
    test.skipIf(python === '')(`by ${form}`, { timeout: 120_000 }, async () => {
      const folder = await makeSet();
      const reload = join(temporaryFolder(), 'reload');
      writeFileSync(reload, '0');
      const file = (name: string) => join(folder, name);
      const files = {
        certificate: file('server.pem'),
        key: file('server.key'),
        ca: file('client_cert_ca.pem'),
      };
      const server = await startGrpcServer(python, { ...files, reload });
      try {
        const call = (options: Parameters<typeof probeGrpc>[1]) => probeGrpc(server.port, options);
        let reloads = 0;
        const { said, old } = await rotateUnderCalls(folder, call, async () => {
          reloads++;
          writeFileSync(reload, String(reloads));
        });
        expect(said.filter((word) => word !== ACCEPTED)).toEqual([]);
        const last = (await loadCertificateSet(folder)).client('alice');
        expect(await call(last.tlsOptions())).toBe(ACCEPTED);
        expect(await call({ ...old.client('alice').tlsOptions(), ca: last.tlsOptions().ca })).not.toBe(
          ACCEPTED,
        );
      } finally {
        await server.process.stop();
      }
    });
  }
});
