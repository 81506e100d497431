// The reader of what this program wrote, held against the library that reads what anybody may have written.
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { encodePem } from '../../src/pki/asn1/pem.js';
import type { Certificate } from '../../src/pki/issue/certificate.js';
import { privateKeyFromPem } from '../../src/pki/keys/keys.js';
import { readOwnCertificate } from '../../src/pki/read/own-certificate.js';
import { readForeignCertificate } from '../../src/pki/read/read-certificate.js';
import type { CertificateSet } from '../../src/pki/set.js';

const CLIENTS = [
  'alice',
  'bob@example.test',
  'spiffe://example.test/x',
  'db.example.test',
  '10.0.0.7',
  '2001:db8::7',
  '::1',
  '::ffff:10.0.0.7',
  'CN=app,O=Bücher\\, Köln,C=DE,DC=example,emailAddress=a@example.test',
  'CN=two+UID=x,2.5.4.99=#0c0178',
];
let sets: CertificateSet[];

beforeAll(async () => {
  sets = await Promise.all([
    createCertificateSet({
      clients: CLIENTS,
      names: ['api.test', '*.api.test', '::1', '10.0.0.1'],
      peers: { node: ['node.test'] },
      key: 'ec-p256',
      layouts: ['grpc'],
      intermediates: 1,
      untrusted: 'all',
      untrustedServers: 'all',
    }),
    createCertificateSet({ key: 'rsa-2048', caKey: 'ec-p384', plainSan: true }),
    createCertificateSet({ key: 'ec-p384', caKey: 'rsa-2048', layouts: ['grpc'] }),
    createCertificateSet({ key: 'ed25519', caKey: 'ec-p521', layouts: ['tls'] }),
    createCertificateSet({ key: 'ec-p521', caKey: 'ed25519', layouts: ['tls'] }),
  ]);
});

/** What a certificate says, all of it. */
function said(certificate: Certificate | undefined) {
  if (certificate === undefined) return undefined;
  const { subject, issuer, subjectAltNames, serialNumber, notBefore, notAfter, sha256, permittedDnsNames } =
    certificate;
  const name = certificate.subjectName.der.toString('hex');
  return {
    subject,
    issuer,
    subjectAltNames,
    serialNumber,
    notBefore,
    notAfter,
    sha256,
    permittedDnsNames,
    name,
  };
}

/** Without the text of names that have types without a name: there the other reader shows a value, not its DER. */
function plain(read: ReturnType<typeof said>) {
  const text = (name: string) => (/(?:^|[+ ])[0-9.]+=/.test(name) ? '' : name);
  return read && { ...read, subject: text(read.subject), issuer: text(read.issuer) };
}

const foreign = async (der: Buffer) => plain(said(await readForeignCertificate(der)));

test('what is read is what was written, and what the other reader reads', async () => {
  for (const set of sets) {
    const trusted = [...set.servers, ...set.peers, ...set.clients].map(({ certificate }) => certificate);
    const authorities = [set.authority, ...set.intermediates].map(({ certificate }) => certificate);
    for (const certificate of [...trusted, ...authorities]) {
      expect(said(readOwnCertificate(certificate.der))).toEqual(said(certificate));
      expect(await foreign(certificate.der)).toEqual(plain(said(certificate)));
    }
  }
});

test('whatever it reads of the others is what the other reader reads', async () => {
  for (const { certificate } of sets.flatMap((set) => [...set.untrustedClients, ...set.untrustedServers])) {
    const own = readOwnCertificate(certificate.der);
    if (own !== undefined) expect(plain(said(own))).toEqual(await foreign(certificate.der));
  }
});

test('bytes that were changed are not read, or read as the other reader reads them', async () => {
  const ders = sets.flatMap((set) => set.credentials.map(({ certificate }) => certificate.der));
  let read = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ders),
      fc.array(
        fc.record({ at: fc.nat(2000), byte: fc.nat(255), how: fc.constantFrom('set', 'cut', 'add') }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      async (der, changes) => {
        let bytes = Buffer.from(der);
        for (const { at, byte, how } of changes) {
          const place = at % bytes.length;
          if (how === 'set') bytes[place] = byte;
          else {
            const added = how === 'add' ? [Buffer.of(byte)] : [];
            const rest = bytes.subarray(how === 'add' ? place : place + 1);
            bytes = Buffer.concat([bytes.subarray(0, place), ...added, rest]);
          }
        }
        const own = readOwnCertificate(bytes);
        if (own === undefined) return;
        read++;
        expect(plain(said(own))).toEqual(await foreign(bytes));
        expect(new X509Certificate(bytes).raw.equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 1500 },
  );
  // Some changes are to serial numbers, names or signatures, and leave a certificate.
  expect(read).toBeGreaterThan(50);
});

test('a key is read as OpenSSL reads it, and not where its halves do not fit', () => {
  for (const { privateKey } of sets.flatMap((set) => set.credentials)) {
    const read = privateKeyFromPem(privateKey.pem);
    expect(read?.pem).toBe(privateKey.pem);
    expect(read?.type).toBe(privateKey.type);
    expect(read?.publicKeyDer).toEqual(
      createPublicKey(createPrivateKey(privateKey.pem)).export({ type: 'spki', format: 'der' }),
    );
  }
  const [one, other] = (sets[0] as CertificateSet).clients.map(({ privateKey }) => privateKey.der);
  if (one === undefined || other === undefined) throw new Error('two clients are wanted');
  for (const der of [
    Buffer.concat([one.subarray(0, -64), other.subarray(-64)]),
    Buffer.concat([one.subarray(0, 36), Buffer.alloc(32, 0xff), one.subarray(68)]),
    Buffer.concat([one.subarray(0, 36), Buffer.alloc(32), one.subarray(68)]),
  ]) {
    const read = privateKeyFromPem(encodePem('PRIVATE KEY', der));
    expect(read === undefined || sets[0]?.clients[0]?.certificate.isOf(read) !== true).toBe(true);
  }
});
