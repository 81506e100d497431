// What Linux tells of processes and their sockets in /proc. Elsewhere there is nothing to read.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIP } from 'node:net';

/** A process as proc_pid_stat(5) describes it. */
export interface ProcessStat {
  readonly state: string;
  readonly group: number;
  /** When it began, in the kernel's ticks since the boot. */
  readonly start: string;
}

/** What is known of a process; nothing where there is none of this id. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), start: fields[19] ?? '0' };
}

/** Whether a process has ended: it stays as a zombie until its parent asks for its exit status. */
export function hasEnded({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X';
}

/** What process ids are valid in: this boot, and this process namespace. Nothing where it is not known. */
export function processRealm(): string | undefined {
  const boot = readProc('/proc/sys/kernel/random/boot_id')?.trim();
  const namespace = readProcLink('/proc/self/ns/pid');
  return boot === undefined || namespace === undefined ? undefined : `${boot} ${namespace}`;
}

/** The living members of a process group. */
export function membersOf(group: number): number[] {
  return processIds().filter((pid) => {
    const stat = statOf(pid);
    return stat !== undefined && stat.group === group && !hasEnded(stat);
  });
}

/** The ids of all processes that can be seen. */
export function processIds(): number[] {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A TCP socket that is listened on. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** The listening TCP sockets of the network that a process (or this one) is in. */
export function listeningSockets(pid: number | 'self' = 'self'): ListeningSocket[] {
  return ['tcp', 'tcp6'].flatMap((table) => {
    const lines = (readProc(`/proc/${pid}/net/${table}`) ?? '').split('\n').slice(1);
    return lines.flatMap((line) => {
      // proc_net(5): the local address and port, the remote ones, the state (0A is LISTEN), …, the inode.
      const fields = line.trim().split(/\s+/);
      const [address = '', port = ''] = (fields[1] ?? '').split(':');
      if (fields[3] !== '0A') return [];
      return [{ address: readAddress(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }];
    });
  });
}

/** The inodes of the sockets that a process has open; none where this user may not look. */
export function socketInodes(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).flatMap(
    (name) => /^socket:\[(\d+)\]$/.exec(readProcLink(`${folder}/${name}`) ?? '')?.[1] ?? [],
  );
}

/** Whether only this host can reach a listener on an address. */
export function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : /^(?:::1|::ffff:127\..*)$/.test(address);
}

/** Words of 32 bits in the machine's own order (little endian wherever Node runs on Linux but s390x). */
function readAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return `::ffff:${bytes.slice(12).join('.')}`;
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  return (
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{4}/g)
      ?.map((part) => Number.parseInt(part, 16).toString(16))
      .join(':') ?? ''
  );
}

/** The text of a file in /proc; nothing where it cannot be read. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where a link in /proc leads; nothing where it cannot be read. */
export function readProcLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
