import { readIfRegular } from './regular-file.js';

/** What a user or a group may be called. */
export const ACCOUNT_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}\$?$/;

/**
 * The number of a user or a group that this system has in its own files; nothing where it has none.
 *
 * @param base `passwd` for users, `group` for groups
 */
export function findAccount(base: 'passwd' | 'group', name: string): number | undefined {
  // Both files have the name first and the number third.
  const lines = readIfRegular(`/etc/${base}`).split('\n');
  const number = lines.find((line) => line.startsWith(`${name}:`))?.split(':')[2] ?? '';
  return /^\d{1,10}$/.test(number) ? Number(number) : undefined;
}
