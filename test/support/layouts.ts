import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Case } from './layout-refusals.js';
import type { RunningProcess } from './processes.js';
import { generateCerts, type Outcome, run } from './program.js';

/** A set in one layout, as the program of that layout is given it. */
export interface LaidOut {
  readonly folder: string;
  /** The file of a party. */
  readonly file: (party: string, name: string) => string;
  /** The lines of the configuration that is printed under a title that begins like this. */
  readonly printed: (title: string) => string[];
  /** The configuration that was written beside a party's files, with its folder in the place of the mount. */
  readonly written: (party: string, name: string) => string;
  /** Runs the printed line that proves it, in a shell, with a change to it and more variables. */
  readonly prove: (change: (line: string) => string, env?: Record<string, string>) => Outcome;
  /** What the client of a case calls a server with. */
  readonly caller: (of: Case, names: CallerFiles) => { ca: Buffer; cert?: Buffer; key?: Buffer };
}

/** The names of a client's files in a layout. */
export interface CallerFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The clients that every program must refuse. */
export const REFUSED = ['unknown-ca', 'expired', 'wrong-usage'] as const;

/** Makes a set in a layout by the command line, with a client `alice` and the clients to refuse. */
export function layOut(layout: string, out: string, options: readonly string[] = []): LaidOut {
  const flaws = [...REFUSED, 'revoked'].flatMap((flaw) => ['--untrusted', flaw]);
  const made = generateCerts(['-q', '-o', out, '-l', layout, '-c', 'alice', ...flaws, ...options]);
  expect(made.stderr).toBe('');
  expect(made.status).toBe(0);
  const next = generateCerts(['show', '--next', layout, '-o', out]).stdout;
  const file = (party: string, name: string) => join(out, party, name);
  const printed = (title: string) => {
    const block = next.split('\n\n').find((text) => text.trimStart().startsWith(title));
    if (block === undefined) throw new Error(`nothing is printed under ${title}:\n${next}`);
    const [, ...lines] = block.trim().split('\n');
    return lines.map((line) => line.replace(/^ {2}/, ''));
  };
  return {
    folder: out,
    file,
    printed,
    prove: (change, env = {}) =>
      run('bash', ['-c', change(printed('prove it').join('\n'))], { env, input: '' }),
    caller: (of, { ca, cert, key }) => {
      const read = (party: string, name: string) => readFileSync(file(party, name));
      const trusted = { ca: read('alice', ca) };
      if (of === 'no certificate') return trusted;
      return { ...trusted, cert: read(`untrusted-${of}`, cert), key: read(`untrusted-${of}`, key) };
    },
    written: (party, name) =>
      readFileSync(join(out, party, name), 'utf8').replaceAll('/certs/', `${join(out, party)}/`),
  };
}

/** Resolves when a port takes connections; fails when the program ends before. */
export async function listening(server: RunningProcess, port: number): Promise<void> {
  for (;;) {
    if (await takes(port)) return;
    if (server.child.exitCode !== null) throw new Error(`the server ended:\n${server.output()}`);
  }
}

function takes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => setTimeout(() => resolve(false), 20));
  });
}
