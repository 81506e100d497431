import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, type RunningProcess, start } from './processes.js';

export interface Nginx {
  readonly ports: readonly number[];
  readonly process: RunningProcess;
  readonly stop: () => Promise<void>;
  readonly log: () => string;
}

/**
 * Starts a real NGINX, unprivileged and within its own folder.
 *
 * @param servers writes the `server` blocks for the ports that were found free
 */
export async function startNginx(
  folder: string,
  portCount: number,
  servers: (ports: readonly number[]) => string,
): Promise<Nginx> {
  mkdirSync(folder, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const ports = await Promise.all(Array.from({ length: portCount }, freePort));
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, mainConfig(folder, servers(ports)));
    const process = start('nginx', ['-c', config, '-e', 'stderr', '-g', 'daemon off;']);
    try {
      await Promise.race([process.said(/start worker process \d+/), failed(process)]);
      await Promise.all(ports.map(listening));
      return { ports, process, stop: process.stop, log: process.output };
    } catch (error) {
      await process.stop();
      const taken = /Address already in use/.test(process.output());
      if (!taken || attempt === 5) throw error;
    }
  }
}

async function failed(process: RunningProcess): Promise<never> {
  const [line] = await process.said(/\[emerg\].*/);
  throw new Error(`nginx: ${line}`);
}

function listening(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

function mainConfig(folder: string, servers: string): string {
  // Started as root in a container, the workers would otherwise drop to a user who may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n  ');
  return `${user}
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary}
  ${servers}
}
`;
}

/** The two listeners of the NGINX mTLS example, with the values in the example's own configuration. */
export function exampleServers(
  certificates: string,
  ports: readonly number[],
  backends: { grpc: number; rest: number },
): string {
  const file = (name: string) => join(certificates, name);
  const tls = `
    ssl_certificate ${file('server.pem')};
    ssl_certificate_key ${file('server.key')};
    ssl_client_certificate ${file('client_cert_ca.pem')};
    ssl_crl ${file('client_cert_ca.crl')};
    ssl_verify_client on;
    ssl_verify_depth 1;
    ssl_protocols TLSv1.2;
    ssl_ciphers AES256+EECDH:!RSA:!CAMELLIA:!aNULL:!eNULL:!LOW:!3DES:!MD5:!EXP:!PSK:!SRP:!DSS:!RC4:!SHA1:!SHA256:!AES128;
    ssl_prefer_server_ciphers on;
    ssl_dhparam ${file('dhparam.pem')};
    ssl_stapling on;
    ssl_stapling_verify on;
    ssl_session_cache shared:SSL:12m;
    ssl_session_timeout 12m;`;
  return `
  server {
    listen 127.0.0.1:${ports[0]} ssl http2;${tls}
    ssl_ecdh_curve secp384r1:prime256v1;
    location / { grpc_pass grpc://127.0.0.1:${backends.grpc}; }
  }
  server {
    listen 127.0.0.1:${ports[1]} ssl;${tls}
    ssl_ecdh_curve secp384r1;
    location / { proxy_pass http://127.0.0.1:${backends.rest}; }
  }`;
}
