import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import {
  LARGEST_MANIFEST,
  type Manifest,
  parseManifest,
  serializeManifest,
} from '../../src/store/manifest/manifest.js';
import { manifestFile, planSet } from '../../src/store/manifest/plan.js';

describe('a manifest', () => {
  let manifest: Manifest;
  beforeAll(async () => {
    const set = await createCertificateSet({ key: 'ec-p256' });
    manifest = planSet(set, { access: { mode: 0o600, rules: [] }, ignoredByGit: true }).manifest;
  });

  test('reads back as it was written', () => {
    expect(parseManifest(serializeManifest(manifest))).toEqual(manifest);
  });

  test('of the most clients in both layouts is not too large to be read', () => {
    const largest = Buffer.byteLength(serializeManifest(grown(100_001)));
    expect(largest).toBeGreaterThan(100_000_000);
    expect(largest).toBeLessThan(LARGEST_MANIFEST);
  });

  test('is not written where it would be too large to be read', () => {
    expect(() => manifestFile(grown(125_000))).toThrow(/would have \d+ MB/);
  });

  test('of some size must be as this program writes it', () => {
    const text = serializeManifest(grown(10_000));
    expect(parseManifest(text).files.length).toBeGreaterThan(10_000);
    expect(() => parseManifest(` ${text}`)).toThrow(/this program did not write them/);
  });

  /** The manifest as it is with so many clients of the first one's kind. */
  function grown(count: number): Manifest {
    const client = manifest.certificates.filter(({ role }) => role === 'client');
    const files = manifest.files.filter(({ path }) => /\/client\./.test(path));
    const names = Array.from({ length: count }, (_, index) => `client-${index + 1}`);
    const renamed = <T>(items: readonly T[]) => {
      const texts = items.map((item) => JSON.stringify(item).split(/(?<!"role":")\bclient(?=["./])/));
      return names.flatMap((name) => texts.map((text) => JSON.parse(text.join(name)) as T));
    };
    return {
      ...manifest,
      request: { ...manifest.request, clients: names },
      certificates: [...manifest.certificates, ...renamed(client)],
      files: [...manifest.files, ...renamed(files)],
    };
  }

  test('may have more keys', () => {
    expect(() => parseManifest(JSON.stringify({ ...manifest, more: true }))).not.toThrow();
  });

  test.each(['server.key', 'nginx/server.key', 'tls/alice@example.test/tls.key', 'Bob-1/tls.key'])(
    'may name the file %s',
    (path) => {
      const copy = structuredClone(manifest) as never;
      edit(copy, 'files', 0, 'path', path);
      expect(() => parseManifest(JSON.stringify(copy))).not.toThrow();
    },
  );

  const edits: [string, (copy: { [key: string]: never }) => unknown][] = [
    ['a path that leaves the folder', (copy) => edit(copy, 'files', 0, 'path', '../../etc/passwd')],
    ['an absolute path', (copy) => edit(copy, 'files', 0, 'path', '/etc/passwd')],
    ['a path of dots', (copy) => edit(copy, 'files', 0, 'path', 'nginx/..')],
    ['a path deeper than a party', (copy) => edit(copy, 'files', 0, 'path', 'a/b/c/d')],
    ['a path into the work folder', (copy) => edit(copy, 'files', 0, 'path', '.generate-certs/new/x')],
    ['a folder of no name', (copy) => edit(copy, 'files', 0, 'path', 'a//c')],
    ['a folder of dots', (copy) => edit(copy, 'files', 0, 'path', 'a/../c')],
    ['a path with a backslash', (copy) => edit(copy, 'files', 0, 'path', '..\\x')],
    ['the manifest itself as a file', (copy) => edit(copy, 'files', 0, 'path', 'set.json')],
    ['an executable mode', (copy) => edit(copy, 'files', 0, 'mode', '0777')],
    ['a mode as a number', (copy) => edit(copy, 'files', 0, 'mode', 384)],
    ['a short fingerprint', (copy) => edit(copy, 'files', 0, 'sha256', 'ab')],
    ['an unknown role', (copy) => edit(copy, 'certificates', 0, 'role', 'root')],
    ['a moment that is none', (copy) => Object.assign(copy, { expiresAt: '2026-13-45T10:00:00Z' })],
    ['another version', (copy) => Object.assign(copy, { version: 3 })],
    ['no files', (copy) => Object.assign(copy, { files: undefined })],
    ['files that are no list', (copy) => Object.assign(copy, { files: {} })],
  ];
  test.each(edits)('with %s is refused', (_title, change) => {
    const copy = structuredClone(manifest) as never;
    change(copy);
    expect(() => parseManifest(JSON.stringify(copy))).toThrowError(
      expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }),
    );
  });

  test.each(['', 'null', '[]', '7', '{', '{"version":1}', '"set"'])('%j is refused', (text) => {
    expect(() => parseManifest(text)).toThrowError(expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }));
  });

  test('of any JSON is read or refused with the one error', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => parseManifest(text)).toThrowError(
          expect.objectContaining({ code: 'ERR_MANIFEST_INVALID' }),
        );
      }),
    );
  });
});

function edit(copy: Record<string, never>, list: string, index: number, key: string, value: unknown): void {
  const item = (copy[list] as unknown as Record<string, unknown>[])[index];
  if (item !== undefined) item[key] = value;
}
