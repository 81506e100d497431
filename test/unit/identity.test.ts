import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GenerateCertsError } from '../../src/errors.js';
import {
  clientFileName,
  commonNameOf,
  parseClientIdentity,
  parseEndpointName,
} from '../../src/pki/names/identity.js';

const long = (length: number) => 'a'.repeat(length);
const longName = `${`${long(63)}.`.repeat(3)}${long(61)}`;

describe('an endpoint name', () => {
  test.each([
    ['localhost', 'localhost', 'DNS:localhost'],
    ['API.Test', 'api.test', 'DNS:api.test'],
    ['api.test.', 'api.test', 'DNS:api.test'],
    ['*.api.test', '*.api.test', 'DNS:*.api.test'],
    ['my_service', 'my_service', 'DNS:my_service'],
    ['münchen.test', 'xn--mnchen-3ya.test', 'DNS:xn--mnchen-3ya.test'],
    ['*.münchen.test', '*.xn--mnchen-3ya.test', 'DNS:*.xn--mnchen-3ya.test'],
    ['XN--MNCHEN-3YA.test', 'xn--mnchen-3ya.test', 'DNS:xn--mnchen-3ya.test'],
    ['10.0.0.7', '10.0.0.7', 'IP:10.0.0.7'],
    ['::1', '::1', 'IP:::1'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7', 'IP:2001:db8::7'],
    [longName, longName, `DNS:${longName}`],
  ])('%s', (typed, value, name) => {
    const identity = parseEndpointName(typed);
    expect(identity.value).toBe(value);
    expect(identity.subjectAltNames.map((alt) => `${alt.type}:${alt.value}`)).toEqual([name]);
  });

  test.each([
    ['', /empty/],
    ['a b', /holds a space/],
    ['a\nb', /holds a line break/],
    ['a/b', /holds '\/'/],
    ["a'b", /holds/],
    ['a"b', /holds/],
    ['a\0b', /holds a NUL/],
    ['..', /empty label/],
    ['a..b', /empty label/],
    ['.', /empty label/],
    [`${long(64)}.test`, /label of 64/],
    [`${longName}a`, /254 characters/],
    ['*.*.test', /wildcard outside its leftmost label/],
    ['a.*.test', /wildcard outside its leftmost label/],
    ['a*.test', /wildcard inside a label/],
    ['*', /wildcard inside a label/],
    ['999.1.1.1', /looks like an IPv4 address/],
    ['1.2.3', /looks like an IPv4 address/],
    ['010.0.0.7', /looks like an IPv4 address/],
    ['1.2.3.4.', /looks like an IPv4 address/],
    ['*.10.0.0.7', /looks like an IPv4 address/],
    ['0x7f.1', /looks like an IPv4 address/],
    ['1::2::3', /holds ':'/],
    ['fe80::1%eth0', /has a zone/],
    ['-a.test', /dash/],
    ['a-.test', /dash/],
    ['xn--a.test', /international/],
    ['a\u200bb.test', /invisible/],
    ['\u202etest', /invisible/],
    ['é%2e.test', /holds '%'/],
    ['é b.test', /holds a space/],
    ['localhost:8000', /port/],
    ['https://api.test', /URL/],
    ['[::1]', /brackets/],
    ['alice@example.test', /holds '@'/],
    ['\ud800', /invisible/],
  ])('refused: %j', (typed, problem) => {
    expect(() => parseEndpointName(typed)).toThrowError(problem);
    expect(() => parseEndpointName(typed)).toThrowError(
      expect.objectContaining({ code: 'ERR_IDENTITY_INVALID', hint: expect.stringMatching(/./) }),
    );
  });

  test.each([[undefined], [null], [7], [{}], [['a']]])('refused from JavaScript: %j', (typed) => {
    expect(() => parseEndpointName(typed)).toThrowError(/is not text/);
  });
});

describe('a client identity', () => {
  test.each([
    ['alice', 'plain', 'alice', 'alice'],
    ['Alice Smith_2', 'plain', 'Alice Smith_2', 'Alice-Smith_2'],
    ['José', 'plain', 'José', 'Jos'],
    ['alice@Example.TEST', 'email', 'alice@example.test', 'alice@example.test'],
    ['a+b@münchen.test', 'email', 'a+b@xn--mnchen-3ya.test', 'a-b@xn-mnchen-3ya.test'],
    ['10.0.0.7', 'ip', '10.0.0.7', '10.0.0.7'],
    ['fe80::1', 'ip', 'fe80::1', 'fe80-1'],
    ['::1', 'ip', '::1', '1'],
    ['client.test', 'dns', 'client.test', 'client.test'],
    ['spiffe://example.test/alice', 'uri', 'spiffe://example.test/alice', 'spiffe-example.test-alice'],
    ['urn:example:a,b;c', 'uri', 'urn:example:a,b;c', 'urn-example-a-b-c'],
    ['https://user@example.test/', 'uri', 'https://user@example.test/', 'https-user@example.test'],
  ])('%s', (typed, kind, value, fileName) => {
    const identity = parseClientIdentity(typed);
    expect(identity).toMatchObject({ kind, value });
    expect(clientFileName(identity)).toBe(fileName);
  });

  test.each([
    ['', /empty/],
    ['*.client.test', /wildcard/],
    ['*', /wildcard/],
    [long(65), /65 characters/],
    [' alice', /begins or ends with a space/],
    ['a/b', /holds '\/'/],
    ['a\tb', /holds/],
    ['@example.test', /before the @/],
    ['alice@', /empty label/],
    ['a b@example.test', /before the @/],
    [`${long(65)}@example.test`, /more than 64/],
    ['alice@*.test', /wildcard/],
    ['spiffe://Example.test/a', /SPIFFE/],
    ['spiffe://example.test/a/', /SPIFFE/],
    ['spiffe://example.test/../a', /SPIFFE/],
    ['spiffe://example.test:80/a', /SPIFFE/],
    ['http://a b/', /character that no URI has/],
    ['urn:é', /character that no URI has/],
    ['https://', /not a valid URI/],
    ['a:', /nothing after its scheme/],
    [`urn:${long(2048)}`, /over 2048/],
  ])('refused: %j', (typed, problem) => {
    expect(() => parseClientIdentity(typed)).toThrowError(problem);
  });

  test.each([['李'], ['---'], [`urn:${long(260)}`]])('without a file name: %s', (typed) => {
    expect(() => clientFileName(parseClientIdentity(typed))).toThrowError(/file name/);
  });

  test('gives no common name past 64 characters', () => {
    expect(commonNameOf(parseClientIdentity(`${long(60)}.test`))).toBeUndefined();
    expect(commonNameOf(parseClientIdentity(`${long(59)}.test`))).toHaveLength(64);
  });

  test('of any text at all is either refused with the one error or has a safe file name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.emailAddress(), fc.webUrl()),
        (typed) => {
          let fileName: string;
          try {
            fileName = clientFileName(parseClientIdentity(typed));
          } catch (error) {
            expect(error).toBeInstanceOf(GenerateCertsError);
            expect((error as Error).message).not.toMatch(/[\n\r\0\u202e]/);
            return;
          }
          expect(fileName).toMatch(/^[A-Za-z0-9_@](?:[A-Za-z0-9._@-]{0,249}[A-Za-z0-9_@])?$/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('parses again to itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.domain(), fc.emailAddress(), fc.webUrl(), fc.ipV4(), fc.ipV6(), fc.string()),
        (typed) => {
          let value: string;
          try {
            value = parseClientIdentity(typed).value;
          } catch {
            return;
          }
          expect(parseClientIdentity(value).value).toBe(value);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
