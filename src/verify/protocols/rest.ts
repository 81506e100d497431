import { GenerateCertsError, quote } from '../../errors.js';
import { callRest } from './calls/rest.js';
import { tryModelByRest } from './kserve/model.js';
import { type Place, parseUrl } from './places.js';
import type { Protocol } from './protocol.js';

export const rest = {
  name: 'rest',
  schemes: ['https', 'http'],
  example: 'https://localhost:8000',
  parse,
  short: { value: 'url', description: 'a REST endpoint; may be repeated', parse },
  alpn: ['http/1.1'],
  alternative: { alpn: ['h2'] },
  requests: {
    usual: 'GET /v2/health/live',
    fallback: 'GET /',
    options: [
      {
        name: 'path',
        value: 'path',
        description: 'a path to ask a REST endpoint for; may be repeated (default: /v2/health/live)',
        parse: (typed) => `GET ${checkPath(typed)}`,
      },
      {
        name: 'request',
        value: 'METHOD path',
        description:
          "a request to make of a REST endpoint, such as 'POST /v2/models/m/infer'; may be repeated",
        parse: parseRequest,
      },
    ],
  },
  call: (endpoint, call) => {
    const [method = '', path = ''] = call.request.split(' ');
    return callRest(endpoint, call, { method, path });
  },
  tryModel: tryModelByRest,
} as const satisfies Protocol;

function parse(typed: unknown): Place {
  return parseUrl(typed, { http: 80, https: 443 }, 'give a URL such as https://localhost:8000');
}

function checkPath(path: string): string {
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(path)} is not a path`,
    'a path begins with /, its odd characters percent-encoded',
  );
}

function parseRequest(typed: string): string {
  const [, method, path] = /^([A-Z]{1,20}) (.*)$/s.exec(typed) ?? [];
  // CONNECT asks for a tunnel, and has no path.
  if (method !== undefined && path !== undefined && method !== 'CONNECT')
    return `${method} ${checkPath(path)}`;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(typed)} is not a request`,
    "give the method and the path, such as 'POST /v2/models/m/infer'",
  );
}
