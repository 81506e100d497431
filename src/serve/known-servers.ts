import { basename } from 'node:path';
import { DEFAULT_GRPC_PORT, TLS_FLAGS, tlsFlag } from '../layouts/model-server.js';
import { TRITON_ALLOW, TRITON_PROGRAM, TRITON_TLS, TRITON_TLS_FLAGS } from '../layouts/triton.js';

/** The names of the flags by which a server is told where to listen; nothing where it has none. */
export interface FlagNames {
  readonly grpcPort: string | undefined;
  readonly restPort: string | undefined;
  readonly grpcBind: string | undefined;
  readonly restBind: string | undefined;
}

/** The files of a server with mutual TLS. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** How a server is told on its command line where to listen and what to serve. */
export interface ServerFlags {
  readonly names: FlagNames;
  /** Where each side listens without its port flag; nothing where it is then off. */
  readonly ports: { readonly grpc?: number; readonly rest?: number };
  /** A switch for each side, which is on without it; nothing where a port of 0 turns the side off. */
  readonly switches: { readonly grpc?: string; readonly rest?: string };
  /** The flags of its own TLS. */
  readonly tls: readonly string[];
  /** What makes a side serve mutual TLS; nothing where it has no TLS there. */
  readonly mutualTls: (side: 'grpc' | 'rest', files: TlsFiles) => readonly string[] | undefined;
}

const OPENVINO: ServerFlags = {
  names: {
    grpcPort: '--port',
    restPort: '--rest_port',
    grpcBind: '--grpc_bind_address',
    restBind: '--rest_bind_address',
  },
  ports: { grpc: DEFAULT_GRPC_PORT },
  switches: {},
  tls: TLS_FLAGS,
  mutualTls: (side, { certificate, key, ca }) => [
    ...[tlsFlag(side, 'certificate'), certificate],
    ...[tlsFlag(side, 'key'), key],
    ...[tlsFlag(side, 'ca'), ca],
  ],
};

const TRITON: ServerFlags = {
  names: {
    grpcPort: '--grpc-port',
    restPort: '--http-port',
    grpcBind: '--grpc-address',
    restBind: '--http-address',
  },
  ports: { grpc: 8001, rest: 8000 },
  switches: TRITON_ALLOW,
  tls: TRITON_TLS_FLAGS,
  mutualTls: (side, { certificate, key, ca }) =>
    side === 'rest'
      ? undefined
      : [
          `${TRITON_TLS.useMutual}=true`,
          ...[TRITON_TLS.certificate, certificate],
          ...[TRITON_TLS.key, key],
          ...[TRITON_TLS.root, ca],
        ],
};

/** The flags of the server that a command starts: of Triton by its program's name, else those of OpenVINO Model Server. */
export function flagsOf(argv: readonly string[]): ServerFlags {
  return argv.some((word) => basename(word) === TRITON_PROGRAM) ? TRITON : OPENVINO;
}

/** Whether the value of a switch turns its side off. */
export function isSwitchedOff(value: string | undefined): boolean {
  return value !== undefined && ['false', 'off', '0'].includes(value.toLowerCase());
}

/** Whether a server can serve REST with TLS of its own, as far as its flags are known. */
export function hasRestTls({ mutualTls }: ServerFlags): boolean {
  return mutualTls('rest', { certificate: '', key: '', ca: '' }) !== undefined;
}
