import { readdirSync, readFileSync } from 'node:fs';

/** A process that is starting another one is found with it in the next round. */
const ROUNDS = 5;

/**
 * Ends every process that has this entry in its environment. A process that a command starts in a session of its own is no
 * longer in the command's process group, and still has its environment. Only Linux tells the environment of a process.
 *
 * @param entry `NAME=value`, with a value that no other program has
 */
export function endProcessesWith(entry: string): void {
  for (let round = 0; round < ROUNDS; round++) {
    const found = otherProcesses().filter((pid) => environmentOf(pid).includes(entry));
    if (found.length === 0) return;
    found.forEach(kill);
  }
}

function otherProcesses(): readonly number[] {
  try {
    const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return names.map(Number).filter((pid) => pid !== process.pid);
  } catch {
    return [];
  }
}

/** Nothing for a process that has ended, or is another user's. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
