import { GenerateCertsError, quote, type Warning } from '../errors.js';
import { isPlainText } from '../util/text.js';
import type { KeyAccessOptions } from './options.js';

/** Who may read `server.key`. */
export interface KeyAccess {
  readonly mode: number;
  readonly owner?: Owner | undefined;
}

export interface Owner {
  readonly uid: number;
  /** Unchanged when absent. */
  readonly gid?: number | undefined;
  /** As typed: `5000` or `5000:5000`. */
  readonly text: string;
}

/**
 * Checks who is to read `server.key`.
 *
 * @throws {@link GenerateCertsError} `ERR_KEY_MODE_INVALID` or `ERR_OWNER_INVALID`
 */
export function parseKeyAccess(options: KeyAccessOptions): KeyAccess {
  return {
    mode: parseKeyMode(options.keyMode),
    owner: options.owner === undefined ? undefined : parseOwner(options.owner),
  };
}

/** Who may read `server.key`, as a manifest has it. Whether this user may give it away is not asked. */
export function recordedKeyAccess(request: {
  readonly keyMode: string;
  readonly owner: string | null;
}): KeyAccess {
  return {
    mode: parseKeyMode(request.keyMode),
    owner: request.owner === null ? undefined : readOwner(request.owner),
  };
}

/** What is worth telling about it. */
export function keyAccessWarnings({ mode }: KeyAccess): Warning[] {
  if ((mode & 0o007) === 0) return [];
  const able = (mode & 0o002) !== 0 ? 'written' : 'read';
  return [
    {
      message: `server.key may be ${able} by every user of this machine (mode ${formatMode(mode)})`,
      hint: 'as root, --owner gives the key to the one user who needs it',
    },
  ];
}

export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** @throws {@link GenerateCertsError} `ERR_KEY_MODE_INVALID` */
export function parseKeyMode(typed: unknown = '600'): number {
  const reject = (problem: string) =>
    new GenerateCertsError(
      'ERR_KEY_MODE_INVALID',
      `${quote(typed)} ${problem}`,
      'use three octal digits such as 600, 640 or 644',
    );
  if (typeof typed !== 'string' || !/^0?[0-7]{3}$/.test(typed)) {
    throw reject('is not a permission in octal');
  }
  const mode = Number.parseInt(typed, 8);
  if ((mode & 0o400) === 0) throw reject('takes the right to read the key from its owner');
  if ((mode & 0o111) !== 0) throw reject('would make a key executable');
  return mode;
}

/** Whether a manifest's mode is one that is ever written: readable by its owner, executable by no one. */
export function isRecordedMode(value: unknown): boolean {
  return isPlainText(value) && /^0[46][0246][0246]$/.test(value);
}

// The highest id of Linux; the one above it means "unchanged" to chown.
const HIGHEST_ID = 0xffff_fffe;

/** @throws {@link GenerateCertsError} `ERR_OWNER_INVALID`, also where this user may not give files away */
export function parseOwner(typed: unknown): Owner {
  const owner = readOwner(typed);
  const self = process.geteuid?.();
  const unchanged = owner.uid === self && (owner.gid === undefined || owner.gid === process.getegid?.());
  if (self !== 0 && !unchanged) {
    throw ownerInvalid(
      typed,
      'cannot be made the owner by this user',
      'run as root, or use --key-mode 644 instead',
    );
  }
  return owner;
}

function readOwner(typed: unknown): Owner {
  const match = typeof typed === 'string' ? /^(\d{1,10})(?::(\d{1,10}))?$/.exec(typed) : null;
  const [uid, gid] = [match?.[1], match?.[2]].map((id) => (id === undefined ? undefined : Number(id)));
  if (uid === undefined || uid > HIGHEST_ID || (gid ?? 0) > HIGHEST_ID) {
    throw ownerInvalid(
      typed,
      'is not an owner',
      'give a user id, and a group id if need be: 5000 or 5000:5000',
    );
  }
  return { uid, gid, text: String(typed) };
}

function ownerInvalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OWNER_INVALID', `${quote(typed)} ${problem}`, hint);
}
