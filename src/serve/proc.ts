// What the system tells of processes. On Linux by /proc; elsewhere as much as ps tells.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that no other can be taken for: process ids are used again, with another start time. */
export interface ProcessMark {
  readonly pid: number;
  readonly start: string;
}

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly start: string;
}

/** proc_pid_stat(5); the second field is the program's name, which may hold anything. */
function statOf(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), start: fields[19] ?? '' };
}

/** When a process began, in the system's own words; nothing where there is no such process any more. */
export function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = statOf(pid);
    return stat === undefined || stat.state === 'Z' ? undefined : stat.start;
  }
  try {
    const told = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return told === '' ? undefined : told;
  } catch {
    return undefined;
  }
}

export function isAlive({ pid, start }: ProcessMark): boolean {
  return startOf(pid) === start;
}

/** What process ids are valid in: this boot, and this process namespace. */
export function realm(): string {
  if (process.platform !== 'linux') return process.platform;
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot} ${link('/proc/self/ns/pid') ?? ''}`;
}

/** The living members of a process group. */
export function membersOf(group: number): number[] {
  return processIds().filter((pid) => {
    const stat = statOf(pid);
    return stat?.group === group && stat.state !== 'Z';
  });
}

/** Whether a process works in a folder, or has it in its environment. */
export function belongsTo(pid: number, folder: string): boolean {
  if (link(`/proc/${pid}/cwd`) === folder) return true;
  return read(`/proc/${pid}/environ`)?.split('\0').includes(`${FOLDER_VARIABLE}=${folder}`) ?? false;
}

/** The variable by which what a server started itself is known as the front's. */
export const FOLDER_VARIABLE = 'GENERATE_CERTS_FRONT';

/** The program that listens on a TCP port, as `name (pid 7)`; nothing where the system does not tell. */
export function listenerOn(port: number): string | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of processIds()) {
    const holds = filesOf(pid).some((file) => inodes.has(/^socket:\[(\d+)\]$/.exec(file)?.[1] ?? ''));
    if (holds) return `${read(`/proc/${pid}/comm`)?.trim() ?? 'a process'} (pid ${pid})`;
  }
  return undefined;
}

/** proc_net(5): the local port in hexadecimal, the state (0A is LISTEN), and the socket's inode. */
function listeningInodes(table: string, port: number): string[] {
  const lines = (read(table) ?? '').split('\n').slice(1);
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const local = Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16);
    return local === port && fields[3] === '0A' ? [fields[9] ?? ''] : [];
  });
}

function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => link(`${folder}/${name}`) ?? []);
  } catch {
    return [];
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
