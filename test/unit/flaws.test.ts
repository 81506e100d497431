import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CertificateSet, createCertificateSet, FLAWS } from '../../src/index.js';

describe('the clients to refuse', () => {
  let set: CertificateSet;
  beforeAll(async () => {
    set = await createCertificateSet({
      key: 'ec-p256',
      clients: ['alice@example.test', 'bob'],
      untrusted: 'all',
      nameConstraints: true,
    });
  });

  test('share no key with a valid client; most share one with each other', () => {
    const keyOf = (pem: string) => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' });
    const valid = new Set(set.clients.map(({ pem }) => keyOf(pem)));
    expect(valid.size).toBe(2);
    const keys = set.untrustedClients.map(({ pem }) => keyOf(pem));
    for (const key of keys) expect(valid).not.toContain(key);
    expect(new Set(keys).size).toBe(2);
  });

  test('bear the subject of the first valid client, and its SAN but for outside-names', () => {
    const { certificate } = set.client('alice@example.test');
    for (const { flaw, certificate: flawed } of set.untrustedClients) {
      expect(flawed.subject).toBe(certificate.subject);
      if (flaw !== 'outside-names') expect(flawed.subjectAltNames).toEqual(certificate.subjectAltNames);
    }
    expect(set.untrusted('outside-names').certificate.subjectAltNames).toEqual(['DNS:outside.invalid']);
  });

  test('have the validity of the set, but for two', () => {
    const HOUR = 3_600_000;
    for (const { flaw, certificate } of set.untrustedClients) {
      if (flaw === 'expired') {
        expect(certificate.notAfter.getTime()).toBe(set.createdAt.getTime() - HOUR);
      } else if (flaw === 'not-yet-valid') {
        expect(certificate.notBefore.getTime()).toBe(set.expiresAt.getTime() + HOUR);
      } else {
        expect(certificate.notAfter).toEqual(set.expiresAt);
        expect(certificate.notBefore).toEqual(set.client('bob').certificate.notBefore);
      }
      expect(certificate.notAfter.getTime()).toBeGreaterThan(certificate.notBefore.getTime());
    }
  });

  test("unknown-ca bears the CA's very name, byte for byte, and another key identifier", () => {
    const { authority } = set;
    const { certificate } = set.untrusted('unknown-ca');
    const caName = authority.certificate.subjectName.der.toString('hex');
    expect(certificate.der.toString('hex')).toContain(caName);
    expect(certificate.issuer).toBe(authority.certificate.subject);
    expect(certificate.der.toString('hex')).not.toContain(authority.signer.keyIdentifier);
    expect(set.client('bob').certificate.der.toString('hex')).toContain(authority.signer.keyIdentifier);
    expect(certificate.x509Certificate.verify(authority.certificate.x509Certificate.publicKey)).toBe(false);
  });

  test('hold a chain only where a verifier needs one', () => {
    const chains = Object.fromEntries(set.untrustedClients.map(({ flaw, chain }) => [flaw, chain.length]));
    for (const { name } of FLAWS.filter(({ needsIntermediates }) => !needsIntermediates)) {
      expect(`${name} ${chains[name]}`).toBe(
        `${name} ${['issued-by-client', 'sub-ca'].includes(name) ? 1 : 0}`,
      );
    }
    for (const flaw of ['issued-by-client', 'sub-ca'] as const) {
      const [issuer] = set.untrusted(flaw).chain;
      expect(issuer?.x509Certificate.verify(set.authority.certificate.x509Certificate.publicKey)).toBe(true);
      expect(issuer?.x509Certificate.ca).toBe(flaw === 'sub-ca');
    }
  });

  test('lower the security level of their own client for the weak ones alone', () => {
    for (const { flaw, tlsOptions } of [...set.clients, ...set.untrustedClients].map((client) => ({
      flaw: client.flaw,
      tlsOptions: client.tlsOptions(),
    }))) {
      const weak = flaw === 'weak-key' || flaw === 'weak-signature';
      expect(`${flaw} ${tlsOptions.ciphers}`).toBe(`${flaw} ${weak ? 'DEFAULT@SECLEVEL=0' : undefined}`);
    }
  });

  test('outside-names finds a name that nobody asked for', async () => {
    const odd = await createCertificateSet({
      names: ['invalid', 'outside.test', 'example'],
      untrusted: ['outside-names'],
      nameConstraints: true,
      key: 'ec-p256',
    });
    expect(odd.untrusted('outside-names').certificate.subjectAltNames).toEqual(['DNS:outside-3']);
  });

  test('are made without any client to let in, too', async () => {
    const lonely = await createCertificateSet({ clients: [], untrusted: ['expired'], key: 'ec-p256' });
    expect(lonely.untrusted('expired').certificate.subject).toBe('CN=client');
    expect(() => lonely.client('client')).toThrowError(/no client 'client'/);
    expect(() => lonely.untrusted('revoked')).toThrowError(
      expect.objectContaining({ code: 'ERR_NOT_IN_SET' }),
    );
    expect(() => lonely.untrusted('expird' as never)).toThrowError(/'expird'/);
  });
});

describe('a set that changes', () => {
  test('makes more clients, all or none', async () => {
    const set = await createCertificateSet({ key: 'ec-p256' });
    const bob = await set.issueClient('bob');
    expect(set.client('bob')).toBe(bob);
    expect(bob.certificate.notAfter).toEqual(set.expiresAt);
    for (const refused of ['bob', 'BOB', 'server', 'a/b', 'untrusted-expired']) {
      await expect(set.issueClients(['carol', refused])).rejects.toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/CONFLICT|IDENTITY/) }),
      );
    }
    expect(set.clients.map(({ name }) => name)).toEqual(['client', 'bob']);
  });

  test('revokes a client once', async () => {
    const set = await createCertificateSet({ key: 'ec-p256' });
    const { certificate } = set.client('client');
    const before = set.server.tlsOptions().crl;
    const list = await set.revoke('client');
    expect(list.number).toBe(2);
    expect(list.revocations.map(({ serialNumber }) => serialNumber)).toEqual([
      set.revokedSerialNumber,
      certificate.serialNumber,
    ]);
    expect(set.revokedAt(certificate)).toBeInstanceOf(Date);
    expect(set.server.tlsOptions().crl).toBe(list.pem);
    expect(list.pem).not.toBe(before);
    expect(await set.revoke('client')).toBe(list);
    await expect(set.revoke('nobody')).rejects.toThrowError(/no client 'nobody'/);
  });
});
