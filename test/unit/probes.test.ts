import { describe, expect, test } from 'vitest';
import { likenessOf } from '../../src/verify/endpoint/likeness.js';
import { forgedHeaders, IDENTITY_HEADERS } from '../../src/verify/endpoint/probes/identity-headers.js';
import type { Answer } from '../../src/verify/protocols/protocol.js';

const answer = (body: string, more: Partial<Answer> = {}): Answer => ({
  outcome: { kind: 'let-in', cause: { kind: 'http', status: more.status ?? 200 }, working: true },
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body,
  ...more,
});

describe('an answer beside the valid client’s', () => {
  const miss = { status: 404 };
  const redirect = (location: string) => ({ status: 302, headers: { location } });
  test.each([
    ['the same text', answer('alive'), answer('alive'), 'same'],
    ['another moment', answer('up 512 s, at 20:15'), answer('up 513 s, at 20:16'), 'same'],
    ['without the name', answer('hello alice'), answer('hello '), 'same'],
    ['another verdict of NGINX', answer('SUCCESS CN=alice'), answer('NONE '), 'same'],
    ['nothing, alike', answer(''), answer(''), 'same'],
    ['nothing, of another server', answer(''), answer('', { headers: { server: 'x' } }), 'other'],
    ['another site', answer('the guarded application'), answer('Welcome to our pages'), 'other'],
    ['a site that is nearly the same', answer('site one'), answer('site two'), 'unclear'],
    ['another type', answer('{}'), answer('{}', { headers: { 'content-type': 'text/html' } }), 'other'],
    ['another status', answer('alive'), answer('alive', { status: 421 }), 'other'],
    ['the same miss', answer('not found', miss), answer('not found', miss), 'unclear'],
    ['another redirect', answer('', redirect('/a')), answer('', redirect('/b')), 'other'],
  ] as const)('%s', (_title, valid, other, likeness) => {
    expect(likenessOf(valid, other, ['alice'])).toBe(likeness);
  });

  test('of gRPC, by its status too', () => {
    const of = (status: string) => answer('\0\0\0\0\0', { headers: { 'grpc-status': status } });
    expect(likenessOf(of('0'), of('0'), [])).toBe('same');
    expect(likenessOf(of('0'), of('12'), [])).toBe('other');
  });
});

describe('headers that say who called', () => {
  const pem = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(1600)}\n-----END CERTIFICATE-----\n`;
  const certificate = { pem, der: Buffer.alloc(1200), fingerprint: 'AB'.repeat(32), serial: '1F' };
  const groups = forgedHeaders({ name: 'alice', certificate });

  test('are in groups that servers take', () => {
    for (const group of groups) {
      const size = Object.entries(group).reduce(
        (sum, [name, value]) => sum + name.length + value.length + 4,
        0,
      );
      expect(size).toBeLessThan(6000);
      expect(Object.keys(group).length).toBeLessThan(64);
      for (const value of Object.values(group)) expect(value).toMatch(/^[\x21-\x7e]+$/);
    }
  });

  test('name the caller in each way that backends read', () => {
    const all: Record<string, string> = Object.assign({}, ...groups.slice(0, -1));
    expect(all).toMatchObject({
      'x-ssl-client-verify': 'SUCCESS',
      'x-ssl-client-s-dn': 'CN=alice',
      'ssl-client-subject-dn': 'CN=alice',
      'client-cert': `:${Buffer.alloc(1200).toString('base64')}:`,
      'x-forwarded-user': 'alice',
      'x-real-ip': '127.0.0.1',
    });
    expect(all['x-forwarded-client-cert']).toMatch(/^Hash=abab.*;Subject="CN=alice"/);
    expect(decodeURIComponent(all['x-client-cert'] ?? '')).toBe(pem);
    const known = new Set(IDENTITY_HEADERS.map((name) => name.toLowerCase()));
    expect(Object.keys(all).filter((name) => !known.has(name))).toEqual([]);
  });
});
