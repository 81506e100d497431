import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { type RunningProcess, start } from './processes.js';
import { runBeside } from './program.js';

export const PEER = fileURLToPath(new URL('grpc_peer.py', import.meta.url));

/** The two forms of gRPC C-core, with the interpreter that has each; empty where it is not here. */
export const C_CORE_FORMS = [
  { form: 'C-core on OpenSSL (python3-grpcio)', python: inject('tools').debianPython },
  { form: 'C-core on BoringSSL (the grpcio wheel)', python: inject('tools').wheelPython },
];

export interface GrpcServer {
  readonly port: number;
  readonly process: RunningProcess;
}

/** Starts a C-core server: plaintext without a certificate, mutual TLS with a CA. */
export async function startGrpcServer(
  python: string,
  files: { certificate?: string; key?: string; ca?: string; reload?: string } = {},
): Promise<GrpcServer> {
  const process = start(python, [PEER, 'serve', JSON.stringify(files)], { GRPC_VERBOSITY: 'INFO' });
  const [, port] = await process.said(/^port (\d+)$/m);
  return { port: Number(port), process };
}

export interface GrpcCase {
  target: string;
  root: string;
  certificate?: string;
  key?: string;
}

/** Calls ServerLive with a C-core client, one connection a case. */
export async function callGrpc(
  python: string,
  cases: readonly GrpcCase[],
): Promise<{ code: string; details: string; live: boolean }[]> {
  const { stdout, stderr, status } = await runBeside(python, [PEER, 'call', JSON.stringify(cases)]);
  if (status !== 0) throw new Error(`the C-core client failed: ${stderr}`);
  return JSON.parse(stdout);
}
