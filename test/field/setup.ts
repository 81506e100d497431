// Finds the programs of the field tests, and puts those that are missing into a cache folder. What cannot be had is said, and
// its tests are left out.
import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { cacheIn } from '../support/cache.js';
import { hasProgram, installPackages } from '../support/debian.js';
import { ferretdb, kafka, mongosh, natsCli } from './programs.js';
import { kserve, mlserver, ovmsclient, triton } from './python.js';

export interface FieldTools {
  /** The class path of a Kafka broker and its tools; empty where there is none. */
  kafka: string;
  /** FerretDB, which speaks MongoDB's protocol; empty where there is none. */
  ferretdb: string;
  /** MongoDB's shell; empty where there is none. */
  mongosh: string;
  /** The command line of NATS; empty where there is none. */
  nats: string;
  /** The folders of Python's environments; empty where there is none. */
  triton: string;
  kserve: string;
  mlserver: string;
  ovmsclient: string;
  kcat: boolean;
  nginx: boolean;
  /** Whether a network can be made that has nothing but loopback. */
  network: boolean;
  natsServer: boolean;
  /** Docker's command line. */
  docker: boolean;
}

declare module 'vitest' {
  export interface ProvidedContext {
    field: FieldTools;
  }
}

const PACKAGE_OF_PROGRAM = {
  java: 'default-jdk-headless',
  mvn: 'maven',
  go: 'golang-go',
  kcat: 'kcat',
  'nats-server': 'nats-server',
  nginx: 'nginx',
  ip: 'iproute2',
  // Debian's python3 alone makes no environments.
  '/usr/share/python-wheels': 'python3-venv',
} as const;

export default async function setup(project: TestProject): Promise<void> {
  const missing = Object.entries(PACKAGE_OF_PROGRAM).filter(([program]) => !hasProgram(program));
  installPackages(
    missing.map(([, name]) => name),
    say,
  );
  const cached = cacheIn('generate-certs-field', say);
  const field: FieldTools = {
    kafka: hasProgram('java') ? await cached(kafka) : '',
    ferretdb: await cached(ferretdb),
    mongosh: await cached(mongosh),
    nats: await cached(natsCli),
    triton: await cached(triton),
    kserve: await cached(kserve),
    mlserver: await cached(mlserver),
    ovmsclient: await cached(ovmsclient),
    kcat: hasProgram('kcat'),
    nginx: hasProgram('nginx'),
    network: hasProgram('ip') && process.getuid?.() === 0,
    natsServer: hasProgram('nats-server'),
    docker: hasProgram('docker') && spawnSync('docker', ['--version']).status === 0,
  };
  const absent = Object.entries(field).flatMap(([name, there]) => (there ? [] : [name]));
  if (absent.length > 0) say(`NOT HERE: ${absent.join(', ')}. The tests that need them are left out.`);
  project.provide('field', field);
}

function say(text: string): void {
  process.stderr.write(`field tests: ${text}\n`);
}
