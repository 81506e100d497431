import { dirname } from 'node:path';
import { AUTHORITY_KEY } from './manifest/manifest.js';
import { FOLDER_MODE } from './transaction/file-system.js';

/** The folders within a set's that its paths are in, each after the one that it is in. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const steps = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= steps.length; depth++) folders.add(steps.slice(0, depth).join('/'));
  }
  return [...folders];
}

/** The folders of the CA's key are its user's alone; a container must be able to walk into every other one. */
export function folderMode(name: string): number {
  const [first] = name.split('/');
  return first === dirname(AUTHORITY_KEY) ? 0o700 : FOLDER_MODE;
}
