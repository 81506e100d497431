// Real model servers and their clients: the commands of docs/model-servers.md, as they stand there.
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { REFUSED } from '../support/layouts.js';
import { expectProved, type Followed, follow, runClient, textOf } from './followed.js';
import { pythonOf } from './python.js';

const field = inject('field');
const commandsOf = (info: string) => textOf(info).trimEnd().split('\n');

describe.runIf(field.triton && field.network)('Triton with its own TLS', () => {
  const page = follow(commandsOf('sh triton-native'), {
    sample: 'triton',
    as: 'models',
    programs: { tritonserver: [join(field.triton, 'programs', 'tritonserver')] },
  });

  test('the commands of the page run', () => {
    const { outcomes } = page();
    expect(outcomes.get('')?.status).toBe(0);
    const served = 'right  grpc will be served with mutual TLS';
    expect(outcomes.get('check')).toMatchObject({ status: 0, stdout: expect.stringContaining(served) });
    const said = expectProved(page(), 'alice', 1);
    for (const flaw of ['self-signed', 'tampered', 'sub-ca', 'weak-key', 'weak-signature'])
      expect(said).toMatch(new RegExp(`right  untrusted ${flaw} .* refused `));
    expect(said).toMatch(/warn {3}untrusted revoked .* let in .*\n +it reads no revocation list/);
  });

  test("Triton's client is let in with the files of the set alone", async () => {
    const client = (change?: (text: string) => string) =>
      runClient(page(), field.triton, 'py tritonclient-grpc', change);
    expect(await client()).toMatchObject({ status: 0, stdout: '[42.]\n' });
    for (const flaw of REFUSED) {
      const { status, stderr } = await client((text) => text.replaceAll('alice', `untrusted-${flaw}`));
      expect([status, stderr]).toEqual([1, expect.stringContaining('StatusCode.UNAVAILABLE')]);
    }
    const none = await client((text) => text.replace(/ +(?:certificate_chain|private_key)=.*\n/g, ''));
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('StatusCode.UNAVAILABLE')]);
  });
});

describe.runIf(field.triton && field.nginx && field.network)('Triton behind serve', () => {
  const page = follow(commandsOf('sh triton-front'), {
    sample: 'triton',
    as: 'models',
    programs: { tritonserver: [join(field.triton, 'programs', 'tritonserver')] },
  });

  test('the commands of the page run', () => {
    expectProved(page(), 'client', 2);
    expect(page().said()).not.toContain('warning:');
  });

  test.each([
    ['py tritonclient-grpc', 'Received http2 header with status: 400'],
    ['py tritonclient-http', '400 The SSL certificate error'],
  ])("Triton's client is let in with the files of the set alone: %s", async (info, refusal) => {
    const mine = (text: string) => text.replaceAll('certs/alice', 'certs/nginx/client');
    expect(await runClient(page(), field.triton, info, mine)).toMatchObject({ status: 0, stdout: '[42.]\n' });
    const bad = (text: string) => mine(text).replaceAll('nginx/client', 'nginx/untrusted-unknown-ca');
    const { status, stderr } = await runClient(page(), field.triton, info, bad);
    expect([status, stderr]).toEqual([1, expect.stringContaining(refusal)]);
  });
});

describe.runIf(field.kserve && field.nginx && field.network)('KServe behind serve', () => {
  const programs = { python: [pythonOf(field.kserve)] };
  const page = follow(commandsOf('sh kserve'), { sample: 'kserve', as: '.', programs });

  test('the commands of the page run', () => {
    expectProved(page(), 'client', 2);
    expect(page().said()).toContain('clients can reach it without TLS, around NGINX');
  });
});

describe.runIf(field.mlserver && field.nginx && field.network)('MLServer behind serve', () => {
  const programs = { mlserver: [pythonOf(field.mlserver), join(field.mlserver, 'bin', 'mlserver')] };
  const page = follow(commandsOf('sh mlserver'), { sample: 'mlserver', as: '.', programs });

  test('the commands of the page run', () => {
    expectProved(page(), 'client', 2);
    expect(page().said()).not.toContain('warning:');
  });
});

describe.runIf(field.ovmsclient && field.network)('ovmsclient', () => {
  const given = { sample: 'openvino', as: '.', programs: { python: [pythonOf(field.ovmsclient)] } };

  /** As the page has it, then as a client to refuse, and without a certificate. */
  async function expectLetIn(followed: Followed, refusal: string) {
    const client = (change?: (text: string) => string) =>
      runClient(followed, field.ovmsclient, 'py ovmsclient', change);
    expect(await client()).toMatchObject({ status: 0, stdout: expect.stringContaining("'AVAILABLE'") });
    const refused = [
      await client((text) => text.replaceAll('alice', 'untrusted-unknown-ca')),
      await client((text) => text.replace(/ +"client_.*\n/g, '')),
    ];
    for (const { status, stdout, stderr } of refused)
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining(refusal)]);
  }

  describe('with native gRPC TLS', () => {
    const files = 'certs/server.pem certs/server.key certs/ca.pem';
    const followed = follow(
      ['generate-certs --layout grpc --client alice', `python status.py 127.0.0.1:9178 ${files}`],
      given,
    );
    test('is let in with the files of the set alone', () => expectLetIn(followed(), 'UNAVAILABLE'));
  });

  describe.runIf(field.nginx)('behind serve', () => {
    const followed = follow(
      [
        'generate-certs --layout nginx --client alice',
        'python status.py 127.0.0.1:9000',
        'generate-certs serve --backend-grpc 127.0.0.1:9000',
      ],
      given,
    );
    test('is let in with the files of the set alone', () => expectLetIn(followed(), 'status: 400'));
  });
});
