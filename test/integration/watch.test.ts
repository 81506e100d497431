// A set is kept alive under a server that runs: renewed before it ends, with the same CA key and name.
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import {
  addClients,
  type CertificateSet,
  ensureCertificateSet,
  loadCertificateSet,
  readManifest,
  renewCertificateSet,
  revokeClient,
  watchCertificateSet,
} from '../../src/index.js';
import { msUntilDue } from '../../src/store/watch.js';
import { hasEnded, statOf } from '../../src/util/proc.js';
import { probeRest } from '../support/flaw-probes.js';
import { temporaryFolder } from '../support/folder.js';
import { startNginx } from '../support/nginx.js';
import { type RunningProcess, start } from '../support/processes.js';
import { EXECUTABLE, generateCerts } from '../support/program.js';
import { findProblems } from '../support/set-checker.js';

describe('a renewal', () => {
  test('keeps the CA, the added clients, the revocations and the permissions', async () => {
    const folder = temporaryFolder();
    const options = { layouts: ['nginx' as const], key: 'ec-p256' as const, clients: ['alice', 'bob'] };
    await ensureCertificateSet(folder, {
      ...options,
      nameConstraints: true,
      keyMode: '640',
      untrusted: 'all',
    });
    await addClients(folder, ['carol']);
    await revokeClient(folder, 'alice');
    const before = await loadCertificateSet(folder);
    const old = await readManifest(folder);

    const { changed, manifest, set } = await renewCertificateSet(folder);
    expect(changed).toBe(true);
    expect(findProblems(folder)).toEqual([]);
    expect(manifest.request).toEqual(old.request);
    expect(set.authority.privateKey.pem).toBe(before.authority.privateKey.pem);
    expect(set.authority.certificate.subject).toBe(before.authority.certificate.subject);
    expect(set.authority.permittedDnsNames).toEqual(before.authority.permittedDnsNames);
    expect(set.clients.map(({ name }) => name)).toEqual(['alice', 'bob', 'carol']);
    expect((statSync(join(folder, 'server.key')).mode & 0o777).toString(8)).toBe('640');

    // Old leaves pass under the new CA certificate, new ones under the old.
    const [oldCa, newCa] = [before, set].map(({ authority }) => authority.certificate.x509Certificate);
    for (const leaf of [before.server, set.server, before.client('bob'), set.client('carol')]) {
      for (const ca of [oldCa, newCa]) {
        if (ca === undefined) throw new Error('no CA');
        expect(leaf.certificate.x509Certificate.checkIssued(ca)).toBe(true);
        expect(leaf.certificate.x509Certificate.verify(ca.publicKey)).toBe(true);
      }
    }
    expect(set.server.privateKey.pem).not.toBe(before.server.privateKey.pem);

    // Who was revoked stays so, by the old serial number and by the new one.
    const listed = set.revocationList.revocations.map(({ serialNumber }) => serialNumber);
    expect(set.revocationList.number).toBe(before.revocationList.number + 1);
    for (const { serialNumber } of before.revocationList.revocations) expect(listed).toContain(serialNumber);
    expect(listed).toContain(set.client('alice').certificate.serialNumber);
    expect(manifest.certificates.find(({ name }) => name === 'alice')?.revokedAt).toBe(
      old.certificates.find(({ name }) => name === 'alice')?.revokedAt,
    );
    expect(set.revokedAt(set.client('bob').certificate)).toBeUndefined();

    // And the set serves the request that it was made with.
    const again = await ensureCertificateSet(folder, {
      ...options,
      nameConstraints: true,
      keyMode: '640',
      untrusted: 'all',
    });
    expect(again.changed).toBe(false);
  });

  test('can be done again and again', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, { layouts: ['grpc'] });
    await revokeClient(folder, 'client');
    for (let round = 0; round < 3; round++) await renewCertificateSet(folder);
    expect(findProblems(folder)).toEqual([]);
    const set = await loadCertificateSet(folder);
    expect(set.revokedAt(set.client('client').certificate)).toBeDefined();
  });

  test('of a damaged set is refused, and leaves it', async () => {
    const folder = temporaryFolder();
    await expect(renewCertificateSet(folder)).rejects.toMatchObject({ code: 'ERR_SET_NOT_FOUND' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test.skipIf(!inject('tools').nginx)(
  'watch renews three times under a running NGINX, and no client is refused',
  { timeout: 300_000 },
  async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'certs');
    const options = ['-l', 'nginx', '-k', 'ec-p256', '--valid-for', '12s', '-q', '--out', out];
    expect(generateCerts(options).stderr).not.toContain('error');
    const file = (name: string) => join(out, name);
    const nginx = await startNginx(
      join(folder, 'run'),
      1,
      ([port]) => `server {
        listen 127.0.0.1:${port} ssl; ssl_session_cache off; ssl_session_tickets off;
        ssl_certificate ${file('server.pem')}; ssl_certificate_key ${file('server.key')};
        ssl_client_certificate ${file('client_cert_ca.pem')}; ssl_crl ${file('client_cert_ca.crl')};
        ssl_verify_client on;
        location / { return 200 alive; } }`,
    );
    onTestFinished(nginx.stop);
    const port = nginx.ports[0] ?? 0;
    const reload = `nginx -c '${join(folder, 'run', 'nginx.conf')}' -e stderr -s reload`;
    const watch = watching(out, '--renew-at', '0.3', '--on-renew', reload);

    let newest = await loadCertificateSet(out);
    let older = newest;
    const calls = { old: 0, new: 0 };
    const call = async (set: CertificateSet) => {
      expect(await probeRest(port, set.client('client').tlsOptions())).toBe('accepted');
    };
    const renewals = () => watch.output().match(/^renewed /gm)?.length ?? 0;
    while (renewals() < 3 || calls.old === 0) {
      const current = await loadCertificateSet(out);
      if (current.createdAt > newest.createdAt) [older, newest] = [newest, current];
      await call(newest);
      calls.new++;
      // What has ended is rightly refused.
      const left = older.expiresAt.getTime() - Date.now();
      if (older !== newest && left > 3000) {
        await call(older);
        calls.old++;
      }
      await delay(100);
    }
    expect(nginx.log().match(/reconfiguring/g)?.length).toBeGreaterThanOrEqual(2);
    expect(calls.old).toBeGreaterThan(0);
    expect(newest.authority.certificate.subject).toBe(
      (await loadCertificateSet(out)).authority.certificate.subject,
    );
    expect(await end(watch)).toBe(0);
    expect(findProblems(out)).toEqual([]);
  },
);

describe('watch', () => {
  test('reports a command that fails, and runs it again after the next renewal', async () => {
    const out = shortSet();
    const watch = watching(out, '--renew-at', '0.1', '--on-renew', 'echo said; exit 7');
    await watch.said(/said\n[\s\S]*exited with status 7\n.*hint[\s\S]*said\n[\s\S]*exited with status 7/);
    expect(await end(watch)).toBe(0);
    expect(findProblems(out)).toEqual([]);
  });

  test('stops on SIGTERM with the command that runs', async () => {
    const out = shortSet();
    const watch = watching(out, '--renew-at', '0.1', '--on-renew', 'echo pid $$; exec sleep 1000');
    const [, pid] = await watch.said(/pid (\d+)/);
    expect(await end(watch)).toBe(0);
    expect(() => process.kill(Number(pid), 0)).toThrow();
  });

  test('runs one command at a time: one that does not end is ended when its time is up', async () => {
    const out = shortSet();
    const stubborn = "trap '' TERM; echo pid $$; while :; do sleep 1; done";
    const options = ['--renew-at', '0.1', '--on-renew-timeout', '1s', '--on-renew', stubborn];
    const watch = watching(out, ...options);
    const isAlive = (pid: number) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    };
    const pids = () => [...watch.output().matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));
    await watch.said(/(?:pid \d+[\s\S]*){2}/);
    // When the second was started, the first was no more.
    expect(pids().slice(0, -1).some(isAlive)).toBe(false);
    expect(watch.output()).toContain('did not end in its time, and was stopped');
    expect(await end(watch)).toBe(0);
    expect(pids().some(isAlive)).toBe(false);
  });

  test('a second signal ends the command too', async () => {
    const deaf = `trap '' TERM; echo "pid $$ "; sleep 1000; sleep 1000`;
    const watch = watching(shortSet(), '--renew-at', '0.1', '--on-renew', deaf);
    const [, pid] = await watch.said(/pid (\d+) /);
    const ended = once(watch.child, 'close');
    watch.child.kill('SIGTERM');
    const again = setInterval(() => watch.child.kill('SIGTERM'), 50);
    await ended;
    clearInterval(again);
    expect(watch.child.signalCode).toBe('SIGTERM');
    const stat = statOf(Number(pid));
    expect(stat === undefined || hasEnded(stat)).toBe(true);
  });

  test('a function that goes on is not called again beside itself, and does not keep the watch', async () => {
    const out = shortSet();
    const controller = new AbortController();
    let calls = 0;
    let release: () => void = () => undefined;
    const errors: unknown[] = [];
    const called = new Promise<void>((resolve) => {
      release = resolve;
    });
    const watched = watchCertificateSet(out, {
      renewAt: 0.1,
      signal: controller.signal,
      onRenew: () => {
        calls++;
        release();
        return new Promise(() => undefined);
      },
      onError: (error) => errors.push(error),
    });
    await called;
    const { createdAt } = await readManifest(out);
    while ((await readManifest(out)).createdAt === createdAt)
      await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort();
    await watched;
    expect(calls).toBe(1);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_ON_RENEW_FAILED' })]);
  });

  test('renews at once after the machine slept past the end', async () => {
    const out = shortSet('3s');
    const watch = watching(out, '--renew-at', '0.9');
    await watch.said(/watching/);
    watch.child.kill('SIGSTOP');
    const { expiresAt } = await readManifest(out);
    while (Date.now() < Date.parse(expiresAt) + 100) await new Promise((resolve) => setTimeout(resolve, 100));
    watch.child.kill('SIGCONT');
    await watch.said(/^renewed /m);
    expect(await end(watch)).toBe(0);
  });

  test('a set that cannot be renewed is left and tried again', async () => {
    const out = shortSet();
    const errors: unknown[] = [];
    const controller = new AbortController();
    const kept = readFileSync(join(out, 'server.key'));
    const { rmSync, writeFileSync } = await import('node:fs');
    rmSync(join(out, 'server.key'));
    const renewed = new Promise((resolve) => {
      watchCertificateSet(out, {
        renewAt: 0.1,
        signal: controller.signal,
        onRenew: resolve,
        onError: (error) => {
          errors.push(error);
          writeFileSync(join(out, 'server.key'), kept, { mode: 0o600 });
        },
      });
    });
    await renewed;
    controller.abort();
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SET_DAMAGED' })]);
  });

  test('follows the clock where it jumps', async () => {
    const out = shortSet('1d');
    const controller = new AbortController();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const begin = Date.now();
    const renewals: string[] = [];
    let next: () => void = () => undefined;
    const watching = watchCertificateSet(out, {
      signal: controller.signal,
      onRenew: ({ createdAt }) => {
        renewals.push(createdAt);
        next();
      },
    });
    for (const jump of [20 * 3_600_000, -3_600_000]) {
      const renewed = new Promise<void>((resolve) => {
        next = resolve;
      });
      vi.setSystemTime(begin + jump);
      await renewed;
    }
    controller.abort();
    await watching;
    const seconds = renewals.map((moment) => Math.round((Date.parse(moment) - begin) / 3_600_000));
    expect(seconds).toEqual([20, -1]);
  });

  test('a --renew-at that is no share of the life is refused', () => {
    const out = shortSet('1d');
    for (const share of ['0.05', '0.96', '2', 'x', '-1', '']) {
      const { status, stderr } = generateCerts(['watch', '--out', out, `--renew-at=${share}`]);
      expect({ share, status, stderr }).toMatchObject({
        ...{ share, status: 2 },
        stderr: expect.stringContaining('share of the life'),
      });
    }
  });

  test('is due by the share of the life, and at once before its beginning', () => {
    const life = {
      createdAt: '2026-11-22T10:00:00Z',
      expiresAt: '2026-11-22T11:00:00Z',
      request: { backdate: '5m' },
    };
    const due = (now: string) => msUntilDue(life as never, 0.75, Date.parse(now)) / 60_000;
    expect(due('2026-11-22T10:00:00Z')).toBe(45);
    expect(due('2026-11-22T09:56:00Z')).toBe(49);
    expect(due('2026-11-22T09:00:00Z')).toBe(0);
    expect(due('2026-11-22T12:00:00Z')).toBe(-75);
  });
});

function shortSet(validFor = '10s'): string {
  const out = join(temporaryFolder(), 'certs');
  expect(generateCerts(['-l', 'grpc', '-q', '--valid-for', validFor, '--out', out]).status).toBe(0);
  return out;
}

function watching(out: string, ...options: string[]): RunningProcess {
  const watch = start(process.execPath, [EXECUTABLE, 'watch', '--out', out, ...options]);
  onTestFinished(watch.stop);
  return watch;
}

/** Ends a watch as a user would, and gives its exit status. */
async function end(watch: RunningProcess): Promise<number | null> {
  await watch.stop();
  return watch.child.exitCode;
}
