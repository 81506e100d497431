// Sets that tests change: each request is made once by a run of the program, and copied.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolderForAll } from './folder.js';
import { generateCerts } from './program.js';

/** Puts the set of a request into a folder, as a run of the program leaves it; the CA is the same in every copy. */
export function copiedSets(): (folder: string, ...args: string[]) => void {
  const models = temporaryFolderForAll();
  const made = new Map<string, string>();
  return (folder, ...args) => {
    const request = JSON.stringify(args);
    const model = made.get(request) ?? join(models, String(made.size));
    if (!made.has(request)) {
      expect(generateCerts([...args, '-q', '--out', model])).toMatchObject({ status: 0, stderr: '' });
      made.set(request, model);
    }
    cpSync(model, folder, { recursive: true });
  };
}
