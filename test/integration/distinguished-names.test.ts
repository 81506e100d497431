// Distinguished names and the names behind an identity, as other programs read them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  loadCertificateSet,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { run } from '../support/program.js';

const tools = inject('tools');

/** The types whose short name OpenSSL and this program share. */
const TYPES = ['CN', 'O', 'OU', 'L', 'ST', 'UID', 'title', 'GN'] as const;

/** Text for a value, without the characters that no name may hold. */
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Cn}\u2028\u2029]/u.test(text) && [...text].length <= 60);

const name = fc.array(
  fc.uniqueArray(fc.tuple(fc.constantFrom(...TYPES), value), {
    minLength: 1,
    maxLength: 3,
    selector: ([type]) => type,
  }),
  { minLength: 1, maxLength: 4 },
);

/** A value as RFC 4514 lets it be written: some characters as hex pairs, what must be escaped with a backslash. */
function written(text: string, asHex: boolean): string {
  if (asHex) return [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  return text.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&');
}

const canonical = (typed: string) =>
  createCertificateSet({ clients: [typed], layouts: ['grpc'], untrusted: 'none' }).then(
    ({ clients }) => clients[0] as CertificateSet['clients'][0],
  );

describe('a distinguished name', () => {
  test('is read back by OpenSSL exactly', async () => {
    const folder = temporaryFolder();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(name, fc.boolean(), async (names, asHex) => {
        const typed = names
          .map((relative) => relative.map(([type, text]) => `${type}=${written(text, asHex)}`).join('+'))
          .join(',');
        const { name: text, certificate } = await canonical(typed);
        // What is canonical stays so.
        expect((await canonical(text)).name).toBe(text);
        const file = join(folder, `${count++}.pem`);
        writeFileSync(file, certificate.pem);
        const { stdout } = run('openssl', [
          ...['x509', '-in', file, '-noout', '-subject', '-nameopt', 'RFC2253,-esc_msb,utf8'],
        ]);
        expect(stdout.replace(/^subject=/, '').replace(/\n$/, '')).toBe(text);
      }),
      { numRuns: 60 },
    );
    expect(count).toBeGreaterThanOrEqual(60);
  });

  test('keeps every space but those of ASCII around its marks', async () => {
    // Property tests found that a value which began with another one lost it when it was read again.
    for (const space of ['\u00a0', '\u2003', '\u3000']) {
      const { name: text } = await canonical(`CN=${space}a${space}, O=b`);
      expect(text).toBe(`CN=${space}a${space},O=b`);
      expect((await canonical(text)).name).toBe(text);
    }
  });

  test.runIf(tools.go)('is read back by Go exactly', async () => {
    const folder = temporaryFolder();
    // Within a relative name of several attributes Go and OpenSSL print other orders.
    const typed = ['CN=alice,O=devs,OU=ops', 'CN=a\\, b,OU=c\\+d,O=\\#1,C=DE', 'CN=M\\C3\\BCller,L=\\ x\\ '];
    const set = await createCertificateSet({ clients: typed, layouts: ['grpc'] });
    writeFileSync(join(folder, 'all.pem'), set.clients.map(({ certificate }) => certificate.pem).join(''));
    writeFileSync(
      join(folder, 'names.go'),
      `package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	rest, _ := os.ReadFile("all.pem")
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		var names pkix.RDNSequence
		if _, err := asn1.Unmarshal(certificate.RawSubject, &names); err != nil {
			panic(err)
		}
		fmt.Println(names)
	}
}
`,
    );
    const { stdout, stderr } = run('go', ['run', 'names.go'], {
      cwd: folder,
      env: { GOTOOLCHAIN: 'local' },
    });
    expect(stdout.replace(/\n$/, '').split('\n'), stderr).toEqual(set.clients.map((client) => client.name));
  });

  test('survives the folder, a new life and a rotation, and is found in any spelling', async () => {
    const folder = temporaryFolder();
    const typed = 'CN=alice+UID=a1,O=Müller\\, Söhne,C=DE';
    const options = {
      layouts: ['grpc'],
      clients: [typed, 'bob+dns:worker.test'],
      nameConstraints: true,
    } as const;
    await writeCertificateSet(await createCertificateSet(options), folder);
    const { renewCertificateSet, rotateCertificateSet } = await import('../../src/index.js');
    for (const change of [
      renewCertificateSet,
      rotateCertificateSet,
      rotateCertificateSet,
      rotateCertificateSet,
    ]) {
      await change(folder);
      const set = await loadCertificateSet(folder);
      const alice = set.client('cn= alice +uid=a1, o=M\\C3\\BCller\\2C Söhne , C=DE');
      expect(alice.certificate.subject).toBe('C=DE, O=Müller\\, Söhne, CN=alice+UID=a1');
      expect(alice.fileName).toBe('UID-a1-CN-alice-O-M-ller-S-hne-C-DE');
      expect(set.client('bob').certificate.subjectAltNames).toEqual(['DNS:worker.test']);
    }
  });

  test.each([
    ['CN=', /empty value \(at character 4\)/],
    ['CN=a,,O=b', /empty relative name \(at character 6\)/],
    ['CN=a,', /empty relative name \(at character 6\)/],
    ['CN=a+', /empty relative name/],
    ['CN=a,b', /no attribute type/],
    ['XX=a', /attribute type 'XX'/],
    ['CN=a,3.1.2=b', /attribute type '3\.1\.2'/],
    ['CN=a\\', /backslash before what needs none \(at character 5\)/],
    ['CN=a\\z', /backslash before what needs none/],
    ['CN=\\c3', /not UTF-8/],
    ['CN=a"b', /without a backslash/],
    ['CN=a;O=b', /without a backslash/],
    ['C=DEU', /takes exactly 2/],
    ['C=Ü1', /does not take/],
    [`CN=${'a'.repeat(65)}`, /takes at most 64/],
    ['CN=#zz', /# without the hex digits/],
    ['CN=#0402', /# without the hex digits/],
    ['CN=a\nb', /control character/],
    [`CN=${'a'.repeat(2000)}`, /at most 1024/],
    [Array.from({ length: 40 }, () => 'OU=a').join(','), /more than 32 attributes/],
    ['alice+dns:a..b', /empty label/],
    ['alice+dns:*.test', /wildcard/],
    ['alice+ip:1.2.3', /not an address/],
    ['alice+email:x', /e-mail address/],
    ['alice+uri:a b', /no URI has/],
    ['+dns:a.test', /is empty/],
  ])('%j is refused', async (typed, message) => {
    await expect(createCertificateSet({ clients: [typed] })).rejects.toMatchObject({
      code: 'ERR_IDENTITY_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('an e-mail address with an equals sign, and a URI with a plus, stay what they are', async () => {
    const { clients } = await createCertificateSet({
      clients: ['a=b@example.test', 'c+d@example.test', 'spiffe://example.test/x', 'urn:x+y:z'],
    });
    expect(clients.map(({ certificate }) => certificate.subjectAltNames[0])).toEqual([
      'email:a=b@example.test',
      'email:c+d@example.test',
      'URI:spiffe://example.test/x',
      'URI:urn:x+y:z',
    ]);
  });
});
