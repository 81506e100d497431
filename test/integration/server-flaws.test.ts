import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  SERVER_FLAWS,
  type ServerFlawName,
} from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { opensslVerify } from '../support/openssl.js';

const NAMES = ['localhost', 'a.b.test'];

async function serversOf(set: CertificateSet) {
  const servers = await set.serverCatalogue();
  return new Map(servers.map((server) => [server.flaw as ServerFlawName, server]));
}

describe('the servers to refuse', () => {
  let set: CertificateSet;
  let servers: Awaited<ReturnType<typeof serversOf>>;
  beforeAll(async () => {
    set = await createCertificateSet({ names: NAMES, key: 'ec-p256', untrusted: 'none' });
    servers = await serversOf(set);
  });
  const server = (flaw: ServerFlawName) => {
    const found = servers.get(flaw);
    if (found === undefined) throw new Error(`no ${flaw}`);
    return found;
  };

  test('are all of the catalogue that make sense below this CA, each with the rule that it breaks', () => {
    const left = ['outside-names', 'missing-intermediate'];
    expect([...servers.keys()]).toEqual(
      SERVER_FLAWS.map(({ name }) => name).filter((name) => !left.includes(name)),
    );
    for (const { clause } of SERVER_FLAWS) expect(clause).toMatch(/^RFC \d+ section \d/);
  });

  test('bear the subject, the SAN and the validity of the valid server, but for what is wrong', () => {
    const otherNames = ['wrong-name', 'cn-only', 'wildcard-too-wide', 'address-as-dns'];
    for (const [flaw, { certificate, role }] of servers) {
      expect(role).toBe('untrusted-server');
      expect(certificate.subject).toBe(set.server.certificate.subject);
      const same =
        JSON.stringify(certificate.subjectAltNames) ===
        JSON.stringify(set.server.certificate.subjectAltNames);
      expect(`${flaw} ${same}`).toBe(`${flaw} ${!otherNames.includes(flaw)}`);
      const inDate = certificate.notAfter.getTime() === set.expiresAt.getTime();
      expect(`${flaw} ${inDate}`).toBe(`${flaw} ${!['expired', 'not-yet-valid'].includes(flaw)}`);
    }
  });

  test('have other names as they are said to have', async () => {
    expect(server('wrong-name').certificate.subjectAltNames).toEqual(['DNS:wrong-name.test']);
    expect(server('cn-only').certificate.subjectAltNames).toEqual([]);
    expect(server('address-as-dns').certificate.subjectAltNames).toEqual(['DNS:127.0.0.1']);
    const wildcardOf = async (name: string, nameConstraints = false) => {
      const other = await createCertificateSet({ names: [name], key: 'ec-p256', nameConstraints });
      const [wide] = await other.serverCatalogue(['wildcard-too-wide']);
      return wide?.certificate.subjectAltNames;
    };
    expect(await wildcardOf('a.b.test')).toEqual(['DNS:*.test']);
    expect(await wildcardOf('b.test')).toEqual(['DNS:*']);
    expect(await wildcardOf('localhost')).toEqual(['DNS:*.localhost']);
    expect(await wildcardOf('a.b.test', true)).toEqual(['DNS:*.a.b.test']);
    expect(await wildcardOf('10.0.0.7')).toEqual(['DNS:*.localhost']);
  });

  test('outside-names has the right names and one more, below a CA with name constraints', async () => {
    const constrained = await createCertificateSet({ names: NAMES, key: 'ec-p256', nameConstraints: true });
    const found = (await serversOf(constrained)).get('outside-names');
    expect(found?.certificate.subjectAltNames).toEqual([
      ...constrained.server.certificate.subjectAltNames,
      'DNS:outside.invalid',
    ]);
  });

  test('are loaded by Node, the weak ones at a lower security level', () => {
    for (const [flaw, credential] of servers) {
      const { ciphers } = credential.tlsOptions({ clientAuth: 'none' });
      const weak = flaw === 'weak-key' || flaw === 'weak-signature';
      expect(`${flaw} ${ciphers}`).toBe(`${flaw} ${weak ? 'DEFAULT@SECLEVEL=0' : undefined}`);
    }
  });

  test('a flaw that is none is refused', async () => {
    await expect(set.serverCatalogue(['issued-by-client' as never])).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_FLAW_UNKNOWN' }),
    );
  });

  describe('before OpenSSL', () => {
    const folder = temporaryFolderForAll();
    const tools = inject('tools');
    const verify = (name: string, certificates: { pem: string }[], host: string[]) => {
      const file = (suffix: string) => join(folder, `${name}-${suffix}.pem`);
      writeFileSync(file('ca'), set.authority.certificate.pem);
      writeFileSync(file('crl'), set.revocationList.pem);
      writeFileSync(file('leaf'), certificates[0]?.pem ?? '');
      writeFileSync(
        file('chain'),
        certificates
          .slice(1)
          .map(({ pem }) => pem)
          .join(''),
      );
      const chain = certificates.length > 1 ? ['-untrusted', file('chain')] : [];
      const crl = name === 'revoked' ? ['-crl_check', '-CRLfile', file('crl')] : [];
      const level = name.startsWith('weak') ? ['-auth_level', '2'] : [];
      return opensslVerify([
        ...['-x509_strict', '-purpose', 'sslserver', '-CAfile', file('ca')],
        ...[...chain, ...crl, ...level, ...host, file('leaf')],
      ]);
    };
    const HOST = ['-verify_hostname', 'a.b.test'];
    const ADDRESS = ['-verify_ip', '127.0.0.1'];

    test.runIf(tools.openssl)('the valid server is accepted, by name and by address', () => {
      expect(verify('valid', [set.server.certificate], HOST)).toBe('');
      expect(verify('valid', [set.server.certificate], ADDRESS)).toBe('');
    });

    test.runIf(tools.openssl).each([
      ['unknown-ca', /error 20 /],
      ['self-signed', /error 18 /],
      ['expired', /error 10 /],
      ['not-yet-valid', /error 9 /],
      ['tampered', /error 7 /],
      ['critical-extension', /error 34 /],
      ['sub-ca', /error 25 /],
      ['revoked', /error 23 /],
      ['weak-key', /error 66 /],
      ['weak-signature', /error 68 /],
      ['wrong-usage', /error 26 /],
      ['issued-by-server', /error (79|26|25|32) /],
      ['wrong-name', /error 62 /],
      ['wildcard-too-wide', /error 62 /],
      ['address-as-dns', /error 64 /],
      ['no-server-key-usage', /error 26 /],
    ] as const)('%s is refused for what is wrong with it', (flaw, error) => {
      const { certificate, chain } = server(flaw);
      const host = flaw === 'address-as-dns' ? ADDRESS : HOST;
      expect(verify(flaw, [certificate, ...chain], host)).toMatch(error);
    });

    // OpenSSL still takes a name from the CN; by address there is none.
    test.runIf(tools.openssl)('cn-only has no address', () => {
      expect(verify('cn-only', [server('cn-only').certificate], ADDRESS)).toMatch(/error 64 /);
    });
  });
});
