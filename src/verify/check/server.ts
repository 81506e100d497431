import { basename } from 'node:path';
import type { FlagFinding, ServedMode } from './finding.js';

/** What is found about the flags of a server that is known. */
export interface ServerFindings {
  readonly findings: readonly FlagFinding[];
  readonly grpc: ServedMode;
  readonly rest: ServedMode;
}

/** A model server whose TLS flags are known. */
export interface KnownServer {
  readonly name: 'openvino' | 'triton' | 'tensorflow-serving';
  /** The file names of its program. */
  readonly programs: readonly string[];
  /** Its container images. */
  readonly images: RegExp;
  /** Flags that no other server has. */
  readonly tlsFlags: readonly string[];
  readonly check: (
    argv: readonly string[],
    options: { readonly restTls: boolean },
  ) => Promise<ServerFindings>;
}

/** Which of several servers a command line starts: by its program, its image, or its flags. */
export function recognize<Server extends KnownServer>(
  argv: readonly string[],
  servers: readonly Server[],
): Server | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return (
    servers.find(({ programs }) => words.some((word) => programs.includes(basename(word, '.exe')))) ??
    servers.find(({ images }) => words.some((word) => images.test(word))) ??
    servers.find(({ tlsFlags }) => argv.some((word) => tlsFlags.includes(word.split('=')[0] ?? '')))
  );
}

/** Whether a port is listened on: 0 is off. */
export function isOn(port: string | undefined): boolean {
  return port !== undefined && !/^0+$/.test(port);
}
