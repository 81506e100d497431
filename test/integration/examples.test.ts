// Each example of the doc comments and the README is compiled, and run with what it takes for granted: a set,
// a server of it that requires client certificates, its url, a folder `certs` with a set on the disk.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https, { type RequestOptions } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls, { type ConnectionOptions } from 'node:tls';
import vm from 'node:vm';
import grpc from '@grpc/grpc-js';
import { transform } from 'esbuild';
import undici from 'undici';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as library from '../../src/index.js';
import { examples, publicNames, withoutImport } from '../support/examples.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { REPOSITORY, run } from '../support/program.js';

const all = examples();

test.each(publicNames())('$name is documented, with an example', ({ doc }) => {
  expect(doc).toContain('/**');
  // More than the example: what it means.
  expect(doc.split('@example')[0]?.replace(/[\s/*]/g, '').length).toBeGreaterThan(15);
  expect(doc).toContain('```ts');
});

/** What examples have in scope, beside everything that the library exports. */
const PRELUDE = `
import type { ChildProcess } from 'node:child_process';
import type { RequestListener } from 'node:http';
declare const https: typeof import('node:https');
declare const http2: typeof import('node:http2');
declare const tls: typeof import('node:tls');
declare const grpc: typeof import('@grpc/grpc-js');
declare const undici: typeof import('undici');
declare const spawn: typeof import('node:child_process').spawn;
declare const execFileSync: typeof import('node:child_process').execFileSync;
declare const set: import('generate-certs').CertificateSet;
declare const server: import('node:https').Server;
declare const handler: RequestListener;
declare const listening: (error: Error | null, port: number) => void;
declare const url: string;
declare const port: number;
`;

test('every example compiles', () => {
  const folder = temporaryFolder();
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const names = publicNames().map(({ name }) => name);
  all.forEach((example, index) => {
    const imports = `import { ${names.join(', ')} } from 'generate-certs';`;
    const text = `// ${example.title}\n${imports}${PRELUDE}\n{\n${withoutImport(example)}\n}\n`;
    writeFileSync(join(folder, `${index}.ts`), text);
  });
  const config = {
    extends: join(REPOSITORY, 'tsconfig.json'),
    compilerOptions: {
      noEmit: true,
      declaration: false,
      rootDir: '/',
      verbatimModuleSyntax: false,
      noUnusedLocals: false,
      typeRoots: [join(REPOSITORY, 'node_modules', '@types')],
      paths: { 'generate-certs': [join(REPOSITORY, 'src', 'index.ts')] },
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc');
  expect(run(process.execPath, [tsc, '-p', folder], { cwd: folder })).toMatchObject({
    stdout: '',
    status: 0,
  });
});

const folder = temporaryFolderForAll();
const template = join(folder, 'template');
const before = { cwd: process.cwd(), cache: process.env.XDG_CACHE_HOME };

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  await library.ensureCertificateSet(template, { clients: ['client', 'alice'] });
});

afterAll(() => {
  process.chdir(before.cwd);
  if (before.cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before.cache;
});

async function scopeOfExample() {
  const set = await library.createCertificateSet({
    layouts: ['grpc'],
    clients: ['client', 'alice'],
    untrusted: ['unknown-ca', 'expired'],
  });
  const handler = (_: unknown, response: { end: (text: string) => void }) => response.end('hello');
  const server = https.createServer(set.server.tlsOptions(), handler);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://localhost:${port}/`;
  // Nobody waits for what an example only begins: its failure must not end the tests.
  const get = (...args: [string, RequestOptions]) => https.get(...args).on('error', () => undefined);
  const connect = (options: ConnectionOptions) => tls.connect(options).on('error', () => undefined);
  const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
  class Server extends grpc.Server {
    constructor() {
      super();
      onTestFinished(() => this.forceShutdown());
    }
  }
  // Where an example names a port of its own, it means that server.
  const fetchHere = (_: string, options: undici.RequestInit) => undici.fetch(url, options);
  const listening = () => undefined;
  return {
    ...library,
    ...{ set, server, handler, listening, url, port, spawn, execFileSync, http2, console: silent, process },
    ...{
      grpc: { ...grpc, Server },
      https: { ...https, get },
      tls: { ...tls, connect },
      undici: { ...undici, fetch: fetchHere },
    },
  };
}

test.each(all)('the example $title runs', async (example) => {
  const here = join(folder, 'here');
  rmSync(here, { recursive: true, force: true });
  mkdirSync(here);
  cpSync(template, join(here, 'certs'), { recursive: true });
  process.chdir(here);
  const scope = await scopeOfExample();
  const names = Object.keys(scope).join(', ');
  const text = `globalThis.example = async ({ ${names} }) => { {\n${withoutImport(example)}\n} };`;
  const { code } = await transform(text, { loader: 'ts', target: 'node20' });
  vm.runInThisContext(code);
  await (globalThis as unknown as { example: (given: object) => Promise<void> }).example(scope);
});
