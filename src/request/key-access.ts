import { GenerateCertsError, quote, type Warning } from '../errors.js';
import { ACCOUNT_NAME, findAccount } from '../util/accounts.js';
import { isPlainText } from '../util/text.js';
import type { KeyAccessOptions } from './options.js';

/** Who may read a private key. */
export interface Access {
  readonly mode: number;
  readonly owner?: Owner | undefined;
}

/** Who may read the private keys of a set. */
export interface KeyAccess extends Access {
  /** Of parties that have rules; those of the others are this access itself (servers, peers) or their user's alone. */
  readonly rules: readonly AccessRule[];
}

/** A rule for some parties: those of a role, or the one of that role with a name. */
interface AccessRule {
  readonly role: Role;
  readonly name: string | undefined;
  readonly mode: number | undefined;
  readonly owner: Owner | undefined;
}

export interface Owner {
  readonly uid: number;
  /** Unchanged when absent. */
  readonly gid?: number | undefined;
  /** In numbers: `5000` or `5000:5000`. */
  readonly text: string;
}

const ROLES = ['server', 'peer', 'client', 'untrusted', 'untrusted-server'] as const;
type Role = (typeof ROLES)[number];

/** A value with the parties that it is for: `''` for servers and peers, a role, or `role:name`. */
type ByParty<Value> = ReadonlyMap<string, Value>;

/** What the owner alone may read. */
const PRIVATE = 0o600;

/**
 * Checks who is to read the private keys.
 *
 * @throws {@link GenerateCertsError} `ERR_KEY_MODE_INVALID` or `ERR_OWNER_INVALID`
 */
export function parseKeyAccess(options: KeyAccessOptions): KeyAccess {
  return accessOf(parseKeyMode(options.keyMode), parseOwner(options.owner));
}

/** Who may read the private keys, as a manifest has it. Whether this user may give them away is not asked. */
export function recordedKeyAccess(request: RecordedAccess): KeyAccess {
  const owners = request.owner === null ? new Map() : byParty(request.owner, ownerInvalid, readOwner);
  return accessOf(parseKeyMode(request.keyMode), owners);
}

/** How a manifest keeps it: a text where all of it is for servers and peers, else a list as the options have it. */
export interface RecordedAccess {
  readonly keyMode: string | readonly string[];
  readonly owner: string | readonly string[] | null;
}

export function recordAccess(access: KeyAccess): RecordedAccess {
  const modes = access.rules.flatMap((rule) =>
    rule.mode === undefined ? [] : `${partyText(rule)}=${formatMode(rule.mode)}`,
  );
  const owners = access.rules.flatMap((rule) =>
    rule.owner === undefined ? [] : `${partyText(rule)}=${rule.owner.text}`,
  );
  const own = access.owner?.text;
  return {
    keyMode: modes.length === 0 ? formatMode(access.mode) : [formatMode(access.mode), ...modes],
    owner: owners.length === 0 ? (own ?? null) : [...(own === undefined ? [] : [own]), ...owners],
  };
}

/** What is recorded with what is given now in its place, party by party. */
export function mergeKeyAccess(recorded: RecordedAccess, given: KeyAccessOptions): KeyAccess {
  const before = recordedKeyAccess(recorded);
  const modes = new Map([
    ...modesOf(before),
    ...(given.keyMode === undefined ? [] : parseKeyMode(given.keyMode)),
  ]);
  const owners = new Map([...ownersOf(before), ...parseOwner(given.owner)]);
  return accessOf(modes, owners);
}

/** Who may read the key of a party. */
export function accessFor(
  access: KeyAccess,
  party: { readonly role: string; readonly name: string },
): Access {
  const isNode = party.role === 'server' || party.role === 'peer';
  const general: Access = isNode ? { mode: access.mode, owner: access.owner } : { mode: PRIVATE };
  const fitting = access.rules.filter((rule) => isFor(rule, party));
  // What is said of one party goes before what is said of all of its role.
  const ordered = [
    ...fitting.filter(({ name }) => name === undefined),
    ...fitting.filter(({ name }) => name !== undefined),
  ];
  return ordered.reduce<Access>(
    (found, { mode, owner }) => ({ mode: mode ?? found.mode, owner: owner ?? found.owner }),
    general,
  );
}

/** @throws {@link GenerateCertsError} `ERR_NOT_IN_SET` where a rule is for a party that there is not */
export function refuseUnknownParties(
  { rules }: KeyAccess,
  parties: readonly { readonly role: string; readonly name: string }[],
): void {
  const unknown = rules.find(
    (rule) => rule.name !== undefined && !parties.some((party) => isFor(rule, party)),
  );
  if (unknown === undefined) return;
  const known = parties.filter(({ role }) => role === unknown.role).map(({ name }) => name);
  throw new GenerateCertsError(
    'ERR_NOT_IN_SET',
    `a key is to be for ${quote(partyText(unknown))}, and the set has no such ${unknown.role}`,
    known.length === 0 ? `the set has no ${unknown.role}` : `known: ${known.slice(0, 20).join(', ')}`,
  );
}

function isFor({ role, name }: AccessRule, party: { readonly role: string; readonly name: string }): boolean {
  return (
    role === party.role && (name === undefined || name === party.name || `${role}-${name}` === party.name)
  );
}

/** What is worth telling about it. */
export function keyAccessWarnings({ mode, rules }: KeyAccess): Warning[] {
  const all = [
    { mode, what: 'server.key' },
    ...rules.map((rule) => ({ mode: rule.mode ?? 0, what: `the key of ${partyText(rule)}` })),
  ];
  return all
    .filter((one) => (one.mode & 0o007) !== 0)
    .map((one) => ({
      message: `${one.what} may be ${(one.mode & 0o002) !== 0 ? 'written' : 'read'} by every user of this machine (mode ${formatMode(one.mode)})`,
      hint: 'as root, --owner gives the key to the one user who needs it',
    }));
}

export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function accessOf(modes: ByParty<number>, owners: ByParty<Owner>): KeyAccess {
  const parties = [...new Set([...modes.keys(), ...owners.keys()])].filter((party) => party !== '');
  return {
    mode: modes.get('') ?? PRIVATE,
    owner: owners.get(''),
    rules: parties.map((party) => {
      const [role = '', ...name] = party.split(':');
      return {
        role: role as Role,
        name: name.length === 0 ? undefined : name.join(':'),
        mode: modes.get(party),
        owner: owners.get(party),
      };
    }),
  };
}

function modesOf({ mode, rules }: KeyAccess): [string, number][] {
  return [
    ['', mode],
    ...rules.flatMap((rule) =>
      rule.mode === undefined ? [] : [[partyText(rule), rule.mode] as [string, number]],
    ),
  ];
}

function ownersOf({ owner, rules }: KeyAccess): [string, Owner][] {
  return [
    ...(owner === undefined ? [] : [['', owner] as [string, Owner]]),
    ...rules.flatMap((rule) =>
      rule.owner === undefined ? [] : [[partyText(rule), rule.owner] as [string, Owner]],
    ),
  ];
}

function partyText({ role, name }: AccessRule): string {
  return name === undefined ? role : `${role}:${name}`;
}

/** The values of an option by the parties that they are for. */
function byParty<Value>(
  given: unknown,
  invalid: (typed: unknown, problem: string, hint: string) => GenerateCertsError,
  read: (text: unknown) => Value,
): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const typed of Array.isArray(given) ? Array.from(given) : [given]) {
    // The last one: an identity may hold others.
    const at = typeof typed === 'string' ? typed.lastIndexOf('=') : -1;
    if (at < 0) {
      values.set('', read(typed));
      continue;
    }
    const party = (typed as string).slice(0, at);
    const [role, ...name] = party.split(':');
    if (!ROLES.some((known) => known === role) || (name.length > 0 && name.join(':') === '')) {
      throw invalid(
        typed,
        `is for ${quote(party)}, which is not a party`,
        `begin with a role, and a name if it is for one alone, such as client:alice=…: ${ROLES.join(', ')}`,
      );
    }
    values.set(party, read((typed as string).slice(at + 1)));
  }
  return values;
}

/**
 * Permissions by party.
 *
 * @throws {@link GenerateCertsError} `ERR_KEY_MODE_INVALID`
 */
export function parseKeyMode(given: unknown = '600'): Map<string, number> {
  return byParty(given, modeInvalid, readMode);
}

function readMode(typed: unknown): number {
  const hint = 'use three octal digits such as 600, 640 or 644';
  if (typeof typed !== 'string' || !/^0?[0-7]{3}$/.test(typed)) {
    throw modeInvalid(typed, 'is not a permission in octal', hint);
  }
  const mode = Number.parseInt(typed, 8);
  if ((mode & 0o400) === 0) throw modeInvalid(typed, 'takes the right to read the key from its owner', hint);
  if ((mode & 0o111) !== 0) throw modeInvalid(typed, 'would make a key executable', hint);
  return mode;
}

function modeInvalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_KEY_MODE_INVALID', `${quote(typed)} ${problem}`, hint);
}

/** Whether a manifest's mode is one that is ever written: readable by its owner, executable by no one. */
export function isRecordedMode(value: unknown): boolean {
  return isPlainText(value) && /^0[46][0246][0246]$/.test(value);
}

/** Whether a manifest has permissions or owners that this program could have written. */
export function isRecordedModes(value: unknown): boolean {
  return isRecordedMode(value) || isListFor(value, () => parseKeyMode(value));
}

export function isRecordedOwners(value: unknown): boolean {
  return value === null || isListFor(value, () => byParty(value, ownerInvalid, readOwner));
}

function isListFor(value: unknown, read: () => unknown): boolean {
  const isText = isPlainText(value) || (Array.isArray(value) && value.every(isPlainText));
  if (!isText) return false;
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

// The highest id of Linux; the one above it means "unchanged" to chown.
const HIGHEST_ID = 0xffff_fffe;

/**
 * Owners by party.
 *
 * @throws {@link GenerateCertsError} `ERR_OWNER_INVALID`, also where this user may not give files away
 */
export function parseOwner(given: unknown): Map<string, Owner> {
  return given === undefined ? new Map() : byParty(given, ownerInvalid, parseOneOwner);
}

function parseOneOwner(typed: unknown): Owner {
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
  const [user, group, ...others] = typeof typed === 'string' ? typed.split(':') : [];
  const uid = idOf(typed, 'user', user);
  const gid = group === undefined ? undefined : idOf(typed, 'group', group);
  if (others.length > 0) throw ownerInvalid(typed, 'is not an owner', OWNER_HINT);
  return { uid, gid, text: gid === undefined ? `${uid}` : `${uid}:${gid}` };
}

const OWNER_HINT = 'give a user, and a group if need be: 5000, 5000:5000 or postgres';

function idOf(typed: unknown, kind: 'user' | 'group', text = ''): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && number <= HIGHEST_ID) return number;
  if (number !== undefined || !ACCOUNT_NAME.test(text))
    throw ownerInvalid(typed, 'is not an owner', OWNER_HINT);
  const known = findAccount(kind === 'user' ? 'passwd' : 'group', text);
  if (known !== undefined && known <= HIGHEST_ID) return known;
  throw ownerInvalid(
    typed,
    `names a ${kind} that this system does not know`,
    `give its number: ${kind === 'user' ? '5000' : '5000:5000'}`,
  );
}

function ownerInvalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OWNER_INVALID', `${quote(typed)} ${problem}`, hint);
}
