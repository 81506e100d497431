import { GenerateCertsError, quote } from '../../errors.js';
import { callGrpc } from './calls/grpc.js';
import { KSERVE_SERVICE } from './kserve/messages.js';
import { tryModelByGrpc } from './kserve/model.js';
import { parseHostPort } from './places.js';
import type { Protocol } from './protocol.js';

export const grpc = {
  name: 'grpc',
  schemes: ['grpc', 'grpcs'],
  example: 'grpc://localhost:9178',
  // It has no usual port and no path: what follows the scheme is host:port.
  parse: (url) => parseHostPort(url.replace(/^[^:]*:\/\//, '').replace(/\/$/, '')),
  short: {
    value: 'host:port',
    description: 'a gRPC endpoint; may be repeated',
    parse: parseHostPort,
  },
  alpn: ['h2'],
  requests: {
    usual: `${KSERVE_SERVICE}/ServerLive`,
    fallback: 'grpc.health.v1.Health/Check',
    options: [
      {
        name: 'method',
        value: 'service/method',
        description: `a gRPC method to call; may be repeated (default: ${KSERVE_SERVICE}/ServerLive)`,
        parse: parseMethod,
      },
    ],
  },
  call: (endpoint, call) => callGrpc(endpoint, call, { method: call.request }),
  tryModel: tryModelByGrpc,
} as const satisfies Protocol;

function parseMethod(typed: string): string {
  // gRPC itself writes it with a slash before the service.
  const called = typed.replace(/^\//, '');
  if (/^[\w.]+\/\w+$/.test(called)) return called;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(called)} is not a gRPC method`,
    'give service/method, such as grpc.health.v1.Health/Check',
  );
}
