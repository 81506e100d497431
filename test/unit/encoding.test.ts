// Certificates are what the plain way makes: from the same inputs @peculiar/x509, with @peculiar/webcrypto
// behind it, gives the same TBSCertificate and TBSCertList, byte for byte. (ECDSA signatures are random, so
// what is signed is compared, not the signature.)
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  CRLNumber,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_cRLNumber,
  id_ce_nameConstraints,
  NameConstraints,
  TBSCertList,
} from '@peculiar/asn1-x509';
import { Crypto } from '@peculiar/webcrypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { children } from '../../src/pki/asn1/der.js';
import { authorityName, type DistinguishedName, leafName } from '../../src/pki/asn1/distinguished-name.js';
import { authorityExtensions, leafExtensions } from '../../src/pki/asn1/extensions.js';
import { encodeTbsCertificate, randomSerialNumber } from '../../src/pki/issue/certificate.js';
import { encodeTbsCertList } from '../../src/pki/issue/revocation-list.js';
import { createSigner, keyIdentifier, type Signer } from '../../src/pki/issue/signer.js';
import { KEY_TYPES, type KeyType } from '../../src/pki/keys/key-types.js';
import { generatePrivateKey, type PrivateKey } from '../../src/pki/keys/keys.js';
import { parseClientIdentity, parseEndpointName, type SubjectAltName } from '../../src/pki/names/identity.js';
import { x509 } from '../../src/pki/read/x509.js';

const provider = new Crypto() as never;
const TYPES = { DNS: 'dns', IP: 'ip', email: 'email', URI: 'url' } as const;

function plainName({ text: _, ...name }: DistinguishedName): x509.Name {
  return new x509.Name(new Uint8Array(name.der).buffer);
}

const PLAIN_ALGORITHMS: Record<string, object> = {
  'ec-p256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'ec-p384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'ec-p521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  ed25519: { name: 'EdDSA', namedCurve: 'Ed25519' },
};

async function plainSigning(privateKey: PrivateKey) {
  const algorithm = PLAIN_ALGORITHMS[privateKey.type] ?? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const { subtle } = provider as { subtle: { importKey(...args: unknown[]): Promise<never> } };
  return {
    signingAlgorithm: algorithm as never,
    signingKey: await subtle.importKey('pkcs8', privateKey.der, algorithm, false, ['sign']),
  };
}

/**
 * The library writes an empty list of extensions into every entry, which the ASN.1 of RFC 5280 section 5.1
 * does not have (`SIZE (1..MAX)`): the one thing in which the two differ, and must.
 */
function withoutEmptyExtensions(tbs: string): string {
  const list = AsnConvert.parse(Buffer.from(tbs, 'hex'), TBSCertList);
  for (const entry of list.revokedCertificates ?? []) {
    expect(entry.crlEntryExtensions ?? []).toHaveLength(0);
    delete entry.crlEntryExtensions;
  }
  return Buffer.from(AsnConvert.serialize(list)).toString('hex');
}

/** What the library signs, cut out of what it made. */
function tbsOf(der: ArrayBuffer): string {
  const [whole] = children(new Uint8Array(der));
  const [tbs] = children(whole?.content ?? new Uint8Array());
  return Buffer.from(tbs?.whole ?? []).toString('hex');
}

async function compare(
  fields: {
    subject: DistinguishedName;
    publicKey: Buffer;
    validity: { notBefore: Date; notAfter: Date };
    own: Buffer[];
    plain: x509.Extension[];
  },
  signer: Signer,
  signing: Awaited<ReturnType<typeof plainSigning>>,
) {
  const serialNumber = randomSerialNumber();
  const made = encodeTbsCertificate({ ...fields, serialNumber, extensions: fields.own }, signer);
  const plain = await x509.X509CertificateGenerator.create(
    {
      serialNumber,
      subject: plainName(fields.subject),
      issuer: plainName(signer.name),
      ...fields.validity,
      publicKey: fields.publicKey,
      extensions: fields.plain,
      ...signing,
    },
    provider,
  );
  expect(made.toString('hex')).toBe(tbsOf(plain.rawData));
  return plain;
}

const flags = x509.KeyUsageFlags;

function plainLeaf(
  purpose: 'server' | 'client',
  rsa: boolean,
  names: readonly SubjectAltName[],
  own: string,
  ca: string,
) {
  const usage = rsa ? flags.digitalSignature | flags.keyEncipherment : flags.digitalSignature;
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(usage, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[`${purpose}Auth`]]),
    new x509.SubjectKeyIdentifierExtension(own),
    new x509.AuthorityKeyIdentifierExtension(ca),
    ...(names.length === 0
      ? []
      : [
          new x509.SubjectAlternativeNameExtension(
            names.map(({ type, value }) => ({ type: TYPES[type], value })),
          ),
        ]),
  ];
}

const keys = new Map<KeyType, Promise<PrivateKey>>(KEY_TYPES.map((type) => [type, generatePrivateKey(type)]));
const keyOf = (type: KeyType) => keys.get(type) as Promise<PrivateKey>;
const validity = { notBefore: new Date('2026-01-02T03:04:05Z'), notAfter: new Date('2026-01-03T03:04:05Z') };

describe('the encoding', () => {
  test.each(KEY_TYPES)('of a CA of type %s, with name constraints and without', async (type) => {
    const key = await keyOf(type);
    const name = authorityName('0123abcd');
    const signer = createSigner(name, key);
    const identifier = keyIdentifier(key.publicKeyDer);
    expect(identifier).toBe(
      Buffer.from(await new x509.PublicKey(key.publicKeyDer).getKeyIdentifier(provider)).toString('hex'),
    );
    for (const permittedDnsNames of [undefined, ['localhost', 'api.test']]) {
      const subtrees = permittedDnsNames?.map(
        (dNSName) => new GeneralSubtree({ base: new GeneralName({ dNSName }) }),
      );
      const constraints =
        subtrees === undefined
          ? []
          : [
              new x509.Extension(
                id_ce_nameConstraints,
                true,
                AsnConvert.serialize(
                  new NameConstraints({ permittedSubtrees: new GeneralSubtrees(subtrees) }),
                ),
              ),
            ];
      const plain = [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(flags.keyCertSign | flags.cRLSign, true),
        new x509.SubjectKeyIdentifierExtension(identifier),
        ...constraints,
      ];
      const own = authorityExtensions({ keyIdentifier: identifier, permittedDnsNames, pathLength: 0 });
      const made = await compare(
        { subject: name, publicKey: key.publicKeyDer, validity, own, plain },
        signer,
        await plainSigning(key),
      );
      expect(made.subject).toBe(name.text);
    }
  });

  test('of any leaf: any identity, any key, any moment', async () => {
    const ca = createSigner(authorityName('ffffffff'), await keyOf('ec-p256'));
    const signing = await plainSigning(await keyOf('ec-p256'));
    const identity = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abcXYZ019_- éÅжł'), minLength: 1, maxLength: 64 }),
      fc.emailAddress(),
      fc.domain(),
      fc.ipV4(),
      fc.ipV6(),
      fc.webUrl(),
      fc.constantFrom('*.api.test', '::1', '::ffff:1.2.3.4', '1::', '10.0.0.7', 'urn:a,b+c="d";e#f'),
    );
    const moment = fc.integer({ min: Date.parse('1950-01-01') / 1000, max: Date.parse('2120-01-01') / 1000 });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(identity, fc.constantFrom(...KEY_TYPES), moment, async (typed, type, begin) => {
        const read = typed.startsWith('*') ? parseEndpointName : parseClientIdentity;
        let parsed: ReturnType<typeof parseClientIdentity>;
        try {
          parsed = read(typed);
        } catch {
          return;
        }
        const key = await keyOf(type);
        const own = keyIdentifier(key.publicKeyDer);
        const rsa = type.startsWith('rsa-');
        const purpose = typed.startsWith('*') ? 'server' : 'client';
        const { subjectAltNames, value } = parsed;
        const subject = leafName([...value].length <= 64 ? value : undefined);
        const notBefore = new Date(begin * 1000);
        const made = await compare(
          {
            subject,
            publicKey: key.publicKeyDer,
            validity: { notBefore, notAfter: new Date(notBefore.getTime() + 86_400_000) },
            own: leafExtensions({
              ...{
                purpose,
                rsa,
                subjectAltNames,
                keyIdentifier: own,
                authorityKeyIdentifier: ca.keyIdentifier,
              },
            }),
            plain: plainLeaf(purpose, rsa, subjectAltNames, own, ca.keyIdentifier),
          },
          ca,
          signing,
        );
        expect(made.subject).toBe(subject.text);
        compared++;
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(75);
  });

  test('of a revocation list', async () => {
    const key = await keyOf('ec-p256');
    const signer = createSigner(authorityName('00000000'), key);
    const signing = await plainSigning(key);
    for (const [number, count] of [
      [1, 1],
      [127, 3],
      [128, 40],
      [70_000, 1000],
    ] as const) {
      const revocations = Array.from({ length: count }, () => ({
        serialNumber: randomSerialNumber(),
        revokedAt: validity.notBefore,
      }));
      const list = { number, revocations, thisUpdate: validity.notBefore, nextUpdate: validity.notAfter };
      const plain = await x509.X509CrlGenerator.create(
        {
          issuer: plainName(signer.name),
          thisUpdate: list.thisUpdate,
          nextUpdate: list.nextUpdate,
          entries: revocations.map(({ serialNumber, revokedAt }) => ({
            serialNumber,
            revocationDate: revokedAt,
          })),
          extensions: [
            new x509.AuthorityKeyIdentifierExtension(signer.keyIdentifier),
            new x509.Extension(id_ce_cRLNumber, false, AsnConvert.serialize(new CRLNumber(number))),
          ],
          ...signing,
        },
        provider,
      );
      expect(encodeTbsCertList(list, signer).toString('hex')).toBe(
        withoutEmptyExtensions(tbsOf(plain.rawData)),
      );
    }
  });
});
