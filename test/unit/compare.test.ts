// What an answer says beside the valid client's.
import { describe, expect, test } from 'vitest';
import { compare, validOutcome } from '../../src/verify/endpoint/compare.js';
import { whyRefused } from '../../src/verify/endpoint/refusal.js';
import type { Answer } from '../../src/verify/protocols/protocol.js';
import { CLOSED, outcomeOfHttpStatus } from '../../src/verify/wire/outcome.js';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

function http(status: number, headers: Record<string, string> = JSON_TYPE, reason?: string): Answer {
  return { outcome: outcomeOfHttpStatus(status, reason, headers.location), status, headers };
}

function grpc(status: string, refuses = false): Answer {
  return {
    outcome: {
      kind: refuses ? 'refused' : 'let-in',
      cause: { kind: 'status', protocol: 'gRPC', status, ...(refuses && { refuses }) },
    },
    status: 200,
  };
}

describe('beside an answer of 200', () => {
  test.each([
    ['the same', http(200), 'let-in'],
    ['the same type, written otherwise', http(200, { 'content-type': 'Application/JSON' }), 'let-in'],
    ['another type', http(200, { 'content-type': 'text/html' }), 'differs'],
    ['another 2xx', http(204), 'differs'],
    ['a redirect', http(302, { location: 'https://login.test/' }), 'refused'],
    ['400', http(400), 'refused'],
    ['401', http(401), 'refused'],
    ['403', http(403), 'refused'],
    ['404', http(404), 'refused'],
    ['a limit on the rate', http(429), 'differs'],
    ['a misdirected request', http(421), 'differs'],
    ['a time limit', http(408), 'differs'],
    ['500', http(500), 'differs'],
    ['503', http(503), 'differs'],
    ["NGINX's own status", http(496), 'refused'],
    ['a connection that closes', { outcome: CLOSED }, 'refused'],
  ] as const)('%s', (_title, answer, kind) => {
    expect(compare(http(200), answer).kind).toBe(kind);
  });

  test.each([
    ['a redirect to TLS', http(301, { location: 'https://localhost/' }), 'refused'],
    ['a redirect to plain HTTP', http(301, { location: 'http://localhost/' }), 'differs'],
    ['a redirect to a path', http(301, { location: '/login' }), 'differs'],
    ['the same', http(200), 'let-in'],
  ] as const)('without TLS, %s', (_title, answer, kind) => {
    expect(compare(http(200), answer, { plain: true }).kind).toBe(kind);
  });

  test('the words say by whom: by the application after the handshake, which there is none of without TLS', () => {
    expect(compare(http(200), http(404)).cause).toMatchObject({ refuses: true });
    expect(compare(http(200), http(404), { plain: true }).cause).toMatchObject({ refuses: undefined });
  });
});

test.each([
  ['404 for both', http(404), http(404), { kind: 'let-in', missed: true }],
  ['404, and 403 for the other', http(404), http(403), { kind: 'refused' }],
  ['404, and a redirect', http(404), http(302, { location: '/x' }), { kind: 'differs' }],
  ['403 for both', http(403), http(403), { kind: 'let-in', missed: true }],
  ['400 for both, of the request', http(400), http(400), { kind: 'let-in' }],
  [
    '400 for both, of which one names the certificate',
    http(400),
    http(400, JSON_TYPE, 'No certificate'),
    { kind: 'refused' },
  ],
  ['a redirect for both', http(302, { location: '/x' }), http(302, { location: '/x' }), { kind: 'let-in' }],
  [
    'redirects to two places',
    http(302, { location: '/home' }),
    http(302, { location: '/login' }),
    { kind: 'differs' },
  ],
  ['503 for both', http(503), http(503), { kind: 'let-in' }],
  ['gRPC: the same status', grpc('OK'), grpc('OK'), { kind: 'let-in' }],
  ['gRPC: UNAUTHENTICATED', grpc('OK'), grpc('UNAUTHENTICATED', true), { kind: 'refused' }],
  ['gRPC: another status', grpc('OK'), grpc('INTERNAL'), { kind: 'differs' }],
  ['gRPC: an error page', grpc('OK'), http(404), { kind: 'refused' }],
  ['gRPC: a page of a front that fails', grpc('OK'), http(502), { kind: 'differs' }],
] as const)('%s', (_title, valid, answer, outcome) => {
  expect(compare(valid, answer)).toMatchObject(outcome);
});

describe('a protocol whose application asks for more than a certificate', () => {
  const status = (text: string, asksForMore?: 'refused' | 'differs'): Answer => ({
    outcome: {
      kind: 'let-in',
      cause: { kind: 'status', protocol: 'Redis', status: text, ...(asksForMore && { asksForMore }) },
      working: true,
    },
  });
  const noauth = status('NOAUTH', 'refused');
  const password = status('asks for a password', 'differs');

  test.each([
    ['of both', noauth, noauth, { kind: 'let-in' }],
    ['of the other alone', status('PONG'), noauth, { kind: 'refused', cause: { refuses: true } }],
    ['of the other alone, in the place of the certificate', status('OK'), password, { kind: 'differs' }],
    ['of the valid client alone', noauth, status('PONG'), { kind: 'let-in' }],
    ['of both, in two ways', noauth, password, { kind: 'differs' }],
    ['of neither', status('PONG'), status('LOADING'), { kind: 'differs' }],
  ] as const)('%s', (_title, valid, answer, outcome) => {
    expect(compare(valid, answer)).toMatchObject(outcome);
  });

  test('without TLS there is no handshake that it comes after', () => {
    expect(compare(status('PONG'), noauth, { plain: true })).toMatchObject({
      kind: 'refused',
      cause: { refuses: false },
    });
  });
});

describe('a page of the status that the valid client gets', () => {
  const page = (body: string, headers = JSON_TYPE): Answer => ({ ...http(200, headers), body });
  const hello = page('hello alice, this is the model server');

  test.each([
    ['the same', page('hello bob, this is the model server'), 'let-in'],
    ['one that shares most of it', page('hello bob, this is the server'), 'let-in'],
    ['one that asks for a login', page('please sign in to go on'), 'differs'],
  ] as const)('%s', (_title, answer, kind) => {
    expect(compare(hello, answer, { names: ['alice', 'bob'] }).kind).toBe(kind);
  });

  test('whose text differs from one answer to the next tells nothing by its text', () => {
    expect(compare(hello, page('what else'), { steady: false }).kind).toBe('let-in');
  });

  test('redirects that differ in what follows the path lead to the same place', () => {
    const to = (location: string) => http(302, { location });
    expect(compare(to('/login?state=1'), to('/login?state=2')).kind).toBe('let-in');
  });
});

describe("the valid client's own 401", () => {
  const unauthorized = (scheme?: string) =>
    http(401, scheme === undefined ? {} : { 'www-authenticate': scheme });

  test.each(['Basic realm="x"', 'bearer', 'Negotiate'])('that asks for more is an answer: %s', (scheme) => {
    const outcome = validOutcome(unauthorized(scheme));
    expect(outcome).toMatchObject({ kind: 'let-in', working: false });
    expect(outcome.cause).toMatchObject({ refuses: undefined });
    // Others who get it have not been told apart.
    expect(compare({ ...unauthorized(scheme), outcome }, unauthorized(scheme))).toMatchObject({
      missed: true,
    });
  });

  test('that asks for nothing turns the client away', () => {
    expect(validOutcome(unauthorized()).kind).toBe('refused');
    expect(validOutcome(unauthorized('Mutual')).kind).toBe('refused');
  });
});

test.each([
  ['PERMISSION_DENIED', 'allow-list'],
  ['UNAUTHENTICATED', 'unknown-caller'],
] as const)('of gRPC, %s to the valid client has its own reason', (status, why) => {
  expect(whyRefused({ kind: 'status', protocol: 'gRPC', status, refuses: true }, undefined)).toBe(why);
});

test('without a valid client nothing is compared', () => {
  expect(compare(undefined, http(302))).toMatchObject({ kind: 'let-in' });
});
