// Processes that are recognized again later. On Linux by /proc; elsewhere as much as ps tells.
import { execFileSync } from 'node:child_process';
import {
  hasEnded,
  listeningSockets,
  processIds,
  processRealm,
  readProc,
  readProcLink,
  socketInodes,
  statOf,
} from '../../util/proc.js';

/** A process that no other can be taken for: process ids are used again, with another start time. */
export interface ProcessMark {
  readonly pid: number;
  readonly start: string;
}

/** When a process began, in the system's own words; nothing where there is no such process any more. */
export function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = statOf(pid);
    return stat === undefined || hasEnded(stat) ? undefined : stat.start;
  }
  try {
    const told = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return told === '' ? undefined : told;
  } catch {
    return undefined;
  }
}

/** A running process as it is now. */
export function markOf(pid: number): ProcessMark {
  return { pid, start: startOf(pid) ?? '' };
}

export function isAlive({ pid, start }: ProcessMark): boolean {
  return startOf(pid) === start;
}

/** What process ids are valid in: this boot, and this process namespace. */
export function realm(): string {
  return processRealm() ?? process.platform;
}

/** The variable by which what a server started itself is known as the front's. */
export const FOLDER_VARIABLE = 'GENERATE_CERTS_FRONT';

/** Whether a process works in a folder, or has it in its environment. */
export function belongsTo(pid: number, folder: string): boolean {
  if (readProcLink(`/proc/${pid}/cwd`) === folder) return true;
  return readProc(`/proc/${pid}/environ`)?.split('\0').includes(`${FOLDER_VARIABLE}=${folder}`) ?? false;
}

/** The program that listens on a TCP port, as `name (pid 7)`; nothing where the system does not tell. */
export function listenerOn(port: number): string | undefined {
  const sockets = listeningSockets().filter((socket) => socket.port === port);
  const inodes = new Set(sockets.map(({ inode }) => inode));
  if (inodes.size === 0) return undefined;
  const pid = processIds().find((id) => socketInodes(id).some((inode) => inodes.has(inode)));
  return pid === undefined
    ? undefined
    : `${readProc(`/proc/${pid}/comm`)?.trim() ?? 'a process'} (pid ${pid})`;
}
