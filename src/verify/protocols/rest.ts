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
  request: {
    name: 'path',
    value: 'path',
    description: 'the REST request (default: /v2/health/live)',
    parse: parsePath,
  },
  call: (endpoint, call) => callRest(endpoint, call, { path: call.request }),
  tryModel: tryModelByRest,
} as const satisfies Protocol;

function parse(typed: unknown): Place {
  return parseUrl(typed, { http: 80, https: 443 }, 'give a URL such as https://localhost:8000');
}

function parsePath(path = '/v2/health/live'): string {
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(path)} is not a path`,
    'a path begins with /, its odd characters percent-encoded',
  );
}
