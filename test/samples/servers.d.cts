import type https from 'node:https';
import type { RequestOptions, ServerOptions } from 'node:https';
import type * as grpc from '@grpc/grpc-js';

type Https = typeof https;
type Grpc = typeof grpc;
type Stop = () => Promise<void>;

declare const servers: {
  startHttps(https: Https, tlsOptions: ServerOptions): Promise<{ url: string; stop: Stop }>;
  callHttps(https: Https, url: string, tlsOptions: RequestOptions): Promise<string>;
  startGrpc(
    grpc: Grpc,
    grpcArguments: Parameters<typeof grpc.ServerCredentials.createSsl>,
  ): Promise<{ target: string; stop: Stop }>;
  callGrpc(
    grpc: Grpc,
    target: string,
    grpcArguments: Parameters<typeof grpc.ChannelCredentials.createSsl>,
  ): Promise<string>;
};
export = servers;
