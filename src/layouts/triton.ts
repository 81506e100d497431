// What Triton's command line calls its parts.

export const TRITON_PROGRAM = 'tritonserver';

/** Its native TLS, for gRPC alone. */
export const TRITON_TLS = {
  useSsl: '--grpc-use-ssl',
  useMutual: '--grpc-use-ssl-mutual',
  certificate: '--grpc-server-cert',
  key: '--grpc-server-key',
  root: '--grpc-root-cert',
} as const;

export const TRITON_TLS_FLAGS: readonly string[] = Object.values(TRITON_TLS);

/** The switches of its two sides, which are on by default. */
export const TRITON_ALLOW = { grpc: '--allow-grpc', rest: '--allow-http' } as const;
