import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { type Manifest, parseManifest, serializeManifest } from '../../src/store/manifest.js';
import { planSet } from '../../src/store/plan.js';

describe('a manifest', () => {
  let manifest: Manifest;
  beforeAll(async () => {
    const set = await createCertificateSet({ key: 'ec-p256' });
    manifest = planSet(set, { access: { mode: 0o600 }, ignoredByGit: true }).manifest;
  });

  test('reads back as it was written', () => {
    expect(parseManifest(serializeManifest(manifest))).toEqual(manifest);
  });

  test('may have more keys', () => {
    expect(() => parseManifest(JSON.stringify({ ...manifest, more: true }))).not.toThrow();
  });

  const edits: [string, (copy: { [key: string]: never }) => unknown][] = [
    ['a path that leaves the folder', (copy) => edit(copy, 'files', 0, 'path', '../../etc/passwd')],
    ['an absolute path', (copy) => edit(copy, 'files', 0, 'path', '/etc/passwd')],
    ['a path of dots', (copy) => edit(copy, 'files', 0, 'path', 'nginx/..')],
    ['a path through another folder', (copy) => edit(copy, 'files', 0, 'path', 'a/b/c')],
    ['a path with a backslash', (copy) => edit(copy, 'files', 0, 'path', '..\\x')],
    ['the manifest itself as a file', (copy) => edit(copy, 'files', 0, 'path', 'set.json')],
    ['an executable mode', (copy) => edit(copy, 'files', 0, 'mode', '0777')],
    ['a mode as a number', (copy) => edit(copy, 'files', 0, 'mode', 384)],
    ['a short fingerprint', (copy) => edit(copy, 'files', 0, 'sha256', 'ab')],
    ['an unknown role', (copy) => edit(copy, 'certificates', 0, 'role', 'root')],
    ['a moment that is none', (copy) => Object.assign(copy, { expiresAt: '2026-13-45T10:00:00Z' })],
    ['another version', (copy) => Object.assign(copy, { version: 2 })],
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
