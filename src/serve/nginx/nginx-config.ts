import { GenerateCertsError, quote } from '../../errors.js';
import { MOST_INTERMEDIATES } from '../../pki/names/authority-names.js';
import { isHost } from '../../util/hosts.js';
import { bracket } from '../listen.js';
import type { Protocol } from '../plan.js';
import { identityHeaders } from './headers.js';

/** Everything that the configuration depends on. */
export interface NginxConfig {
  /** NGINX's own folder: its pid file, its log and its temporary files. */
  readonly folder: string;
  /** Who the workers run as: for a master that root started. */
  readonly user?: string | undefined;
  /** Whether this NGINX has the directive `http2` (1.25.1). */
  readonly http2Directive: boolean;
  readonly tls: ServerTls;
  readonly listeners: readonly Listener[];
  /** What the access log holds. */
  readonly log: 'refused' | 'all';
}

export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string;
  readonly revocationList: string;
}

export interface Listener {
  readonly protocol: Protocol;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly backend: {
    readonly host: string;
    readonly port: number;
    readonly tls?: BackendTls | undefined;
  };
}

/** How NGINX proves itself to the server behind it, and what it trusts there. */
export interface BackendTls {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  /** The name that the server's certificate is for: NGINX would check the address instead. */
  readonly name: string;
}

/** The file, in NGINX's folder, that the access log goes to. */
export const LOG_NAME = 'access.log';

// A model may take its time, and a stream may be silent for long: nothing but the two ends bounds a call.
const LONG = '24h';

/**
 * Writes the configuration of NGINX in front of a server. Every value in it is checked, so that none can
 * break out of its directive.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIG_VALUE`
 */
export function writeNginxConfig(config: NginxConfig): string {
  const { folder, user, listeners, log } = config;
  const own = (name: string) => word(`${folder}/${name}`);
  return `# NGINX in front of a model server, written by generate-certs serve.
daemon off;
${user === undefined ? '' : `user ${word(user)};\n`}worker_processes auto;
pid ${own('nginx.pid')};
error_log stderr notice;

events {
  worker_connections 4096;
}

http {
  ${TEMPORARY.map((name) => `${name}_temp_path ${own(name)};`).join('\n  ')}

  # Why a client was refused: the verdict on its certificate, and whose certificate it was.
  log_format front '$time_iso8601 $remote_addr verify=$ssl_client_verify subject="$ssl_client_s_dn" $status "$request"';
  map $ssl_client_verify $refused {
    default 1;
    SUCCESS 0;
  }
  access_log ${own(LOG_NAME)} front${log === 'all' ? '' : ' if=$refused'};

  server_tokens off;
  default_type application/octet-stream;
  gzip off;

  large_client_header_buffers 8 64k;

  # A connection is not cut for its age or the number of its calls: long-lived gRPC channels are the rule.
  keepalive_timeout ${LONG};
  keepalive_time ${LONG};
  keepalive_requests 1000000000;
  client_header_timeout 60s;
  client_body_timeout ${LONG};
  send_timeout ${LONG};

${listeners.map(upstream).join('\n')}
${listeners.map((listener) => server(listener, config)).join('\n')}}
`;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function upstream({ protocol, backend }: Listener): string {
  // A REST server may close an idle connection after seconds, and a request on its way then would be lost.
  const idle = protocol === 'grpc' ? '60s' : '1s';
  return `  upstream ${protocol}_server {
    server ${address(backend.host, backend.port)};
    keepalive 64;
    keepalive_requests 1000000000;
    keepalive_timeout ${idle};
  }
`;
}

function server(listener: Listener, { tls, http2Directive }: NginxConfig): string {
  const { protocol, addresses, port } = listener;
  const inListen = protocol === 'grpc' && !http2Directive ? ' http2' : '';
  const listen = addresses.map((host) => `    listen ${address(host, port)} ssl${inListen};`);
  return `  server {
${listen.join('\n')}
${protocol === 'grpc' && http2Directive ? '    http2 on;\n' : ''}    ssl_certificate ${word(tls.certificate)};
    ssl_certificate_key ${word(tls.key)};
    ssl_client_certificate ${word(tls.clientCa)};
    ssl_crl ${word(tls.revocationList)};
    ssl_verify_client on;
    ssl_verify_depth ${MOST_INTERMEDIATES};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL;
    ssl_prefer_server_ciphers on;
    # A resumed session would be let in after its client was revoked.
    ssl_session_cache off;
    ssl_session_tickets off;

    add_header Strict-Transport-Security "max-age=31536000; includeSubdomains" always;
    add_header X-Frame-Options DENY always;
    add_header X-Content-Type-Options nosniff always;

${protocol === 'grpc' ? grpc(listener) : rest(listener)}  }
`;
}

function grpc({ backend: { tls } }: Listener): string {
  return `    # Metadata may hold names that NGINX drops otherwise: with underscores and dots.
    underscores_in_headers on;
    ignore_invalid_headers off;
    # The body of a call is a stream's whole life: only the server can say what is too much.
    client_max_body_size 0;
    client_body_buffer_size 1m;
    http2_body_preread_size 1m;
    http2_chunk_size 64k;
    http2_max_concurrent_streams 1024;
    location / {
      grpc_pass ${tls === undefined ? 'grpc' : 'grpcs'}://grpc_server;
      grpc_set_header Host $host;
${identityHeaders('grpc')}      grpc_buffer_size 64k;
      grpc_connect_timeout 60s;
      grpc_read_timeout ${LONG};
      grpc_send_timeout ${LONG};
${backendTls('grpc', tls)}    }
`;
}

function rest({ backend: { tls } }: Listener): string {
  return `    underscores_in_headers off;
    ignore_invalid_headers on;
    proxy_headers_hash_max_size 2048;
    proxy_headers_hash_bucket_size 128;
    client_max_body_size 1G;
    location / {
      proxy_pass ${tls === undefined ? 'http' : 'https'}://rest_server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
${identityHeaders('rest')}      # Nothing is held back and nothing touches the disk: bodies stream through both ways.
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_max_temp_file_size 0;
      proxy_connect_timeout 60s;
      proxy_read_timeout ${LONG};
      proxy_send_timeout ${LONG};
${backendTls('proxy', tls)}    }
`;
}

function backendTls(prefix: 'grpc' | 'proxy', tls: BackendTls | undefined): string {
  if (tls === undefined) return '';
  return `      ${prefix}_ssl_certificate ${word(tls.certificate)};
      ${prefix}_ssl_certificate_key ${word(tls.key)};
      ${prefix}_ssl_trusted_certificate ${word(tls.ca)};
      ${prefix}_ssl_verify on;
      ${prefix}_ssl_server_name on;
      ${prefix}_ssl_name ${word(tls.name)};
      ${prefix}_ssl_protocols TLSv1.2 TLSv1.3;
`;
}

/**
 * A value as one word of a directive. Within double quotes NGINX takes everything literally but quotes,
 * backslashes and, in many directives, `$`; what could end a directive in any reading is refused as well.
 */
function word(value: string): string {
  const odd = /[\p{Cc}"'\\$;{}]/u.exec(value)?.[0];
  if (odd === undefined && value !== '') return `"${value}"`;
  throw new GenerateCertsError(
    'ERR_CONFIG_VALUE',
    `${quote(value)} cannot stand in a configuration of NGINX${odd === undefined ? '' : `: it holds ${quote(odd)}`}`,
    'choose a path without control characters, quotes, backslashes, $, ;, { and }',
  );
}

function address(host: string, port: number): string {
  if (!isHost(host) || !Number.isInteger(port)) {
    throw new GenerateCertsError(
      'ERR_CONFIG_VALUE',
      `${quote(host)} cannot stand in a configuration of NGINX`,
      'give a DNS name or an IP address',
    );
  }
  return `${bracket(host)}:${port}`;
}
