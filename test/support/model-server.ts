import { fileURLToPath } from 'node:url';
import { type RunningProcess, start } from './processes.js';

export const MODEL_SERVER = fileURLToPath(new URL('model-server.mjs', import.meta.url));

export interface ModelServer {
  readonly grpc: number;
  /** 0 where it was not asked for. */
  readonly rest: number;
  readonly process: RunningProcess;
  readonly stop: () => Promise<void>;
}

/** Starts the tests' model server on free ports. */
export async function startModelServer(args: readonly string[]): Promise<ModelServer> {
  const process_ = start(process.execPath, [MODEL_SERVER, ...args]);
  const [, grpc] = await process_.said(/^grpc (\d+)$/m);
  const rest = args.includes('--rest_port') ? (await process_.said(/^rest (\d+)$/m))[1] : '0';
  return { grpc: Number(grpc), rest: Number(rest), process: process_, stop: process_.stop };
}
