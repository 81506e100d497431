// What OpenVINO Model Server's command line calls its parts.

/** Where it listens for gRPC when nothing else is said. */
export const DEFAULT_GRPC_PORT = 9178;

export const TLS_SIDES = ['grpc', 'rest'] as const;
export type TlsSide = (typeof TLS_SIDES)[number];
export const TLS_PARTS = ['certificate', 'key', 'ca'] as const;
export type TlsPart = (typeof TLS_PARTS)[number];

/** A flag of its native TLS, such as `--grpc_key_path`. */
export const tlsFlag = (side: TlsSide, part: TlsPart) => `--${side}_${part}_path`;

export const TLS_FLAGS = TLS_SIDES.flatMap((side) => TLS_PARTS.map((part) => tlsFlag(side, part)));
