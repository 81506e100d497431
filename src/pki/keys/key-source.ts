import type { SetRequest } from '../request.js';
import type { KeyType } from './key-types.js';
import { generatePrivateKey, type PrivateKey } from './keys.js';

/**
 * Where a set takes its private keys from.
 *
 * @param use what the key is for, in a word that no other key of the set has
 */
export type KeySource = (type: KeyType | 'rsa-1024', use: string) => Promise<PrivateKey>;

/** A new key each time. */
export const freshKeys: KeySource = (type) => generatePrivateKey(type);

/** So many requests' keys are remembered: a process that goes on making different sets does not grow. */
const MOST_REQUESTS = 16;
const remembered = new Map<string, Map<string, Promise<PrivateKey>>>();

/** The keys of an earlier set of the same request, each in its old place; new ones where there was none. */
export function reusedKeys(request: SetRequest): KeySource {
  const name = JSON.stringify(request);
  const keys = remembered.get(name) ?? new Map<string, Promise<PrivateKey>>();
  // The request used last goes to the end, the one not used for longest is forgotten.
  remembered.delete(name);
  remembered.set(name, keys);
  const [oldest] = remembered.keys();
  if (remembered.size > MOST_REQUESTS && oldest !== undefined) remembered.delete(oldest);
  return (type, use) => {
    const known = keys.get(use);
    if (known !== undefined) return known;
    const made = generatePrivateKey(type);
    keys.set(use, made);
    made.catch(() => keys.delete(use));
    return made;
  };
}
