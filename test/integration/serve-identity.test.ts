// What the server behind NGINX is told of its caller: never what the caller says of itself.
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { loadCertificateSet } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { startFront } from '../support/front.js';
import { generateCerts, runBeside } from '../support/program.js';

const tools = inject('tools');
const out = join(temporaryFolderForAll(), 'certs');

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q', '-c', 'alice']).status).toBe(0);
});

/** Headers that backends believe, each from a proxy or load balancer that sets it. */
const BELIEVED = [
  ...[
    'X-SSL-Client-Verify',
    'X-SSL-Client-S-DN',
    'X-SSL-Client-I-DN',
    'X-SSL-Client-Cert',
    'X-SSL-Client-Serial',
  ],
  ...['X-SSL-Client-Fingerprint', 'X-SSL-Client-DN', 'X-SSL-Client-CN', 'X-SSL-Client-SHA1', 'X-SSL-Cert'],
  ...[
    'ssl-client-verify',
    'ssl-client-subject-dn',
    'ssl-client-issuer-dn',
    'ssl-client-cert',
    'ssl-client-s-dn',
  ],
  ...[
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Client-Cert',
  ],
  ...[
    'X-Forwarded-User',
    'X-Forwarded-Tls-Client-Cert',
    'X-Forwarded-Tls-Client-Cert-Info',
    'X-Forwarded-Email',
  ],
  ...[
    'Forwarded',
    'Client-Cert',
    'Client-Cert-Chain',
    'X-Client-Cert',
    'X-Real-IP',
    'X-Scheme',
    'X-ARR-ClientCert',
  ],
  ...[
    'X-Amzn-Mtls-Clientcert',
    'X-Amzn-Mtls-Clientcert-Subject',
    'True-Client-IP',
    'X-Remote-User',
    'Remote-User',
  ],
];
const spelled = BELIEVED.flatMap((name) => {
  const [first = '', ...rest] = name.split('-');
  return [name, name.replaceAll('-', '_'), ...(rest.length > 0 ? [`${first}_${rest.join('-')}`] : [])];
});

const TRUE_ONES = {
  'x-real-ip': '127.0.0.1',
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-proto': 'https',
  'x-scheme': 'https',
  'x-ssl-client-verify': 'SUCCESS',
  'x-ssl-client-s-dn': 'CN=alice',
};

describe.skipIf(!tools.nginx)('a caller that says who it is', () => {
  test('by REST headers: dropped, and the true ones set', async () => {
    const { rest, process: serve } = await started();
    const file = (name: string) => join(out, 'nginx', name);
    const answer = await runBeside('curl', [
      ...['-sS', '--cacert', join(out, 'ca.pem'), '--cert', file('alice.pem'), '--key', file('alice.key')],
      ...spelled.flatMap((name) => ['-H', `${name}: forged`]),
      ...['-H', 'X_Odd: forged', '-H', 'X.Odd: forged', '-H', 'X-Harmless: kept'],
      `https://localhost:${rest}/headers`,
    ]);
    const { headers } = JSON.parse(answer.stdout);
    expect(JSON.stringify(headers)).not.toContain('forged');
    expect(headers).toMatchObject({ ...TRUE_ONES, 'x-harmless': 'kept' });
    expect(serve.output()).not.toMatch(/\[warn\]/);
  });

  test('by gRPC metadata: dropped, and what only looks odd is kept', async () => {
    const { grpc, process: serve } = await started();
    const set = await loadCertificateSet(out);
    const [ca, key, chain] = set.client('alice').grpcArguments();
    const client = new Client(`localhost:${grpc}`, credentials.createSsl(ca, key, chain));
    onTestFinished(() => client.close());
    const metadata = new Metadata();
    for (const name of new Set(spelled.map((each) => each.toLowerCase()))) metadata.set(name, 'forged');
    metadata.set('tenant_id', 'kept');
    metadata.set('trace.id', 'kept');
    await new Promise<void>((resolve, reject) => {
      const empty = () => Buffer.alloc(0);
      const method = '/inference.GRPCInferenceService/ServerLive';
      client.makeUnaryRequest(method, empty, empty, {}, metadata, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    const [, text = ''] = await serve.said(/^metadata (.*)$/m);
    expect(text).not.toContain('forged');
    expect(JSON.parse(text)).toMatchObject({ ...TRUE_ONES, tenant_id: 'kept', 'trace.id': 'kept' });
    expect(serve.output()).not.toMatch(/\[warn\]/);
  });
});

async function started() {
  const front = await startFront({ folder: temporaryFolder(), out, server: ['--print_metadata'] });
  onTestFinished(front.process.stop);
  return front;
}
