import type { TLSSocket } from 'node:tls';
import { answerHttp1, answerHttp2 } from './http.js';
import type { ServedProtocol } from './protocol.js';

const serve: ServedProtocol['serve'] = (socket, contact) => {
  if ((socket as Partial<TLSSocket>).alpnProtocol === 'h2') answerHttp2(socket as TLSSocket, contact);
  else answerHttp1(socket, contact);
};

/** HTTPS in both versions, and gRPC by ALPN. */
export const https = { name: 'https', scheme: 'https', path: '/', alpn: ['h2', 'http/1.1'], serve } as const;

export const grpc = { name: 'grpc', scheme: 'grpc', alpn: ['h2'], serve } as const;
