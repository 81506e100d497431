import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { hasEnded, processRealm, statOf } from '../../util/proc.js';

/** A process, described so that another one can tell whether it still runs. */
export interface Claimant {
  /** Which machine, and which of its process tables, the process id counts in; hex. */
  readonly machine: string;
  readonly pid: number;
  /** When the process began, in the kernel's ticks: a later process may have the same id. `0` where not known. */
  readonly began: string;
  /** Tells the claims of one process from each other; hex. */
  readonly token: string;
  /** Whether the process made the set's folder. */
  readonly madeFolder: boolean;
}

/** This process as a claimant, with a fresh token. */
export function describeSelf(madeFolder: boolean): Claimant {
  return {
    machine: thisMachine(),
    pid: process.pid,
    began: statOf(process.pid)?.start ?? '0',
    token: randomBytes(8).toString('hex'),
    madeFolder,
  };
}

const NAME = /^claim\.([0-9a-f]{16})\.([1-9]\d{0,9})\.(\d{1,20})\.([0-9a-f]{16})(\.made)?$/;

/** A claimant as the name of its claim: a file appears with its whole name, but not with its content. */
export function claimName({ machine, pid, began, token, madeFolder }: Claimant): string {
  return `claim.${machine}.${pid}.${began}.${token}${madeFolder ? '.made' : ''}`;
}

/** The claimant of a claim; nothing where a file is no claim. */
export function parseClaimName(name: string): Claimant | undefined {
  const [, machine, pid, began, token, made] = NAME.exec(name) ?? [];
  if (machine === undefined || began === undefined || token === undefined) return undefined;
  return { machine, pid: Number(pid), began, token, madeFolder: made !== undefined };
}

/** Whether a claimant still runs; `unknown` where it is on another machine or in another container. */
export function lifeOf({ machine, pid, began }: Claimant): 'alive' | 'dead' | 'unknown' {
  if (machine !== thisMachine()) return 'unknown';
  const stat = statOf(pid);
  if (stat !== undefined) {
    const sameProcess = began === '0' || stat.start === began;
    return sameProcess && !hasEnded(stat) ? 'alive' : 'dead';
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    // Not permitted to signal it: it is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : 'dead';
  }
}

let machine: string | undefined;

/** Containers of one machine share its boot, but each counts its processes from 1. */
function thisMachine(): string {
  if (machine === undefined) {
    // Where the system has no word for it, the host's name has to do.
    const identity = processRealm() ?? hostname();
    machine = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  }
  return machine;
}
