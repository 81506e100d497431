// The commands of docs/model-servers.md, as they stand there, in a network and a folder of their own.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { codeBlocks } from '../support/pages.js';
import type { RunningProcess } from '../support/processes.js';
import { EXECUTABLE, type Outcome, REPOSITORY } from '../support/program.js';
import { makeNetwork, type Network, type Place } from './network.js';
import { pythonOf } from './python.js';

const SAMPLES = join(REPOSITORY, 'test', 'field', 'model-servers');
const SERVER = /^(?:tritonserver|python|generate-certs serve) /;
const READY = /^ready: |^serving$|Started GRPCInferenceService/m;
/** Python's servers load slowly on a busy machine. */
const FIVE_MINUTES = 300_000;

/** The text of the block with this info. */
export function textOf(info: string): string {
  const [block] = codeBlocks().filter((one) => one.page === 'docs/model-servers.md' && one.info === info);
  if (block === undefined) throw new Error(`docs/model-servers.md has no block ${info}`);
  return block.text;
}

/** Servers that run, with what was run beside them. */
export interface Followed {
  readonly network: Network;
  readonly at: Place;
  /** What the servers said. */
  readonly said: () => string;
  /** What other commands came to, by the command of `generate-certs`; the empty one makes the set. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

export interface Given {
  /** The folder of the sample model, and what it is in the folder where the commands are run. */
  readonly sample: string;
  readonly as: string;
  /** Programs by their names: the words to run. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
}

/** Runs commands in a folder, before all tests: a server goes on, and the next one is run when it is ready. */
export function follow(commands: readonly string[], given: Given): () => Followed {
  const folder = temporaryFolderForAll();
  let network: Network;
  let followed: Followed;
  const servers: RunningProcess[] = [];
  beforeAll(async () => {
    const at = { cwd: join(folder, 'work'), path: [join(folder, 'bin')] };
    cpSync(join(SAMPLES, given.sample), join(at.cwd, given.as), { recursive: true });
    writePrograms(join(folder, 'bin'), {
      ...given.programs,
      'generate-certs': [process.execPath, EXECUTABLE],
    });
    network = await makeNetwork();
    const outcomes = new Map<string, Outcome>();
    for (const command of commands) {
      if (SERVER.test(command)) {
        const server = network.start(command, at);
        servers.push(server);
        await server.said(READY);
      } else {
        const [, name = ''] = /^generate-certs (\w*)/.exec(command) ?? [];
        outcomes.set(name, await network.run('sh', ['-c', command], at));
      }
    }
    followed = { network, at, outcomes, said: () => servers.map((server) => server.output()).join('\n') };
  }, FIVE_MINUTES);
  afterAll(async () => {
    for (const server of servers.reverse()) await server.stop();
    await network?.close();
  });
  return () => followed;
}

function writePrograms(folder: string, programs: Given['programs']): void {
  mkdirSync(folder);
  for (const [name, words] of Object.entries(programs)) {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  }
}

/** That `verify` let the client infer at each endpoint, and refused the others; what it printed. */
export function expectProved({ outcomes }: Followed, client: string, endpoints: number): string {
  const { status, stdout, stderr } = outcomes.get('verify') as Outcome;
  expect(status, stdout + stderr).toBe(0);
  const count = (pattern: string) => stdout.match(new RegExp(`^  ${pattern}`, 'gm'))?.length ?? 0;
  expect(count(`right  client ${client}, inference of add_one .* let in `)).toBe(endpoints);
  expect(count('right  no certificate, inference of add_one .* refused ')).toBe(endpoints);
  expect(count('right  untrusted unknown-ca .* refused ')).toBe(endpoints);
  expect(stdout).toMatch(/^PASSED /m);
  return stdout;
}

/** Runs a client of the page, as it stands there or changed. */
export function runClient(
  { network, at }: Followed,
  environment: string,
  info: string,
  change = (text: string) => text,
): Promise<Outcome> {
  return network.run(pythonOf(environment), ['-c', change(textOf(info))], at);
}
