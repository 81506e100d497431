// Identities of any kind: what is accepted comes back from OpenSSL as it went in, what is refused leaves
// nothing behind.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { createCertificateSet, ensureCertificateSet, GenerateCertsError } from '../../src/index.js';
import { parseClientIdentity } from '../../src/pki/names/identity.js';
import { temporaryFolder } from '../support/folder.js';
import { run } from '../support/program.js';

const letters = fc.constantFrom(...'abcXYZ019_- éßÅжł中ا');
const anyIdentity = fc.oneof(
  fc.string({ unit: letters, minLength: 1, maxLength: 70 }),
  fc.emailAddress(),
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.webUrl(),
  fc.tuple(fc.domain(), fc.webPath()).map(([domain, path]) => `spiffe://${domain}${path}`),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

function accepts(typed: string): boolean {
  try {
    parseClientIdentity(typed);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(GenerateCertsError);
    return false;
  }
}

type OneName = 'dns' | 'ip' | 'email' | 'uri' | 'plain';

/** Whether it is no distinguished name and has no names behind it: those have a test of their own. */
function isOneName(typed: string): boolean {
  const { kind, text } = parseClientIdentity(typed);
  return kind !== 'dn' && text === undefined;
}

describe('identities', () => {
  test.skipIf(!inject('tools').openssl)("round-trip through OpenSSL's printing", async () => {
    const folder = temporaryFolder();
    const set = await createCertificateSet({ key: 'ec-p256' });
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(
        anyIdentity.filter((typed) => accepts(typed) && isOneName(typed)),
        async (typed) => {
          const { kind, value } = parseClientIdentity(typed) as { kind: OneName; value: string };
          let client: Awaited<ReturnType<typeof set.issueClient>>;
          try {
            client = await set.issueClient(typed);
          } catch (error) {
            // The name was there already, or leaves no file name.
            expect(error).toMatchObject({
              code: expect.stringMatching(/^ERR_(CLIENT_CONFLICT|IDENTITY_INVALID)$/),
            });
            return;
          }
          const path = join(folder, 'certificate.pem');
          writeFileSync(path, client.pem);
          const printed = run('openssl', [
            ...['x509', '-in', path, '-noout', '-subject', '-nameopt', 'utf8,sep_multiline'],
            ...['-ext', 'subjectAltName'],
          ]).stdout;
          const common = /^ *CN=(.*)$/m.exec(printed)?.[1];
          expect(common).toBe([...value].length <= 64 ? value : undefined);
          if (common === undefined) expect(printed).toMatch(/^ *O=generate-certs$/m);
          const name = /Alternative Name: *\n *(.*)\n?$/m.exec(printed)?.[1];
          if (kind === 'plain') expect(name).toBeUndefined();
          else if (kind === 'ip') expect(sameAddress(name, value)).toBe(true);
          else expect(name).toBe(`${{ dns: 'DNS', email: 'email', uri: 'URI' }[kind]}:${value}`);
          checked++;
        },
      ),
      { numRuns: 150 },
    );
    expect(checked).toBeGreaterThan(50);
  });

  test('that are refused leave nothing behind', async () => {
    const folder = temporaryFolder();
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(anyIdentity, fc.constantFrom('names', 'clients'), async (typed, option) => {
        if (option === 'clients' && accepts(typed)) return;
        // A valid name among them, so that one bad one alone stops the whole.
        const request = { names: ['localhost'], clients: ['client'], [option]: ['fine', typed] };
        if (option === 'names' && /^[a-z0-9.:*@_-]*$/i.test(typed)) return;
        await ensureCertificateSet(join(folder, 'certs'), { ...request, key: 'ec-p256' }).then(
          () => expect(option).toBe('names'),
          (error) => {
            expect(error).toBeInstanceOf(GenerateCertsError);
            refused++;
            expect(readdirSync(folder)).toEqual([]);
          },
        );
        rmSync(join(folder, 'certs'), { recursive: true, force: true });
      }),
      { numRuns: 250 },
    );
    expect(refused).toBeGreaterThan(30);
  });
});

/** OpenSSL writes IPv6 addresses in full and in capitals. */
function sameAddress(printed: string | undefined, value: string): boolean {
  const text = printed?.replace(/^IP Address:/, '') ?? '';
  if (!value.includes(':')) return text === value;
  return new URL(`http://[${text}]/`).hostname === `[${value}]`;
}
