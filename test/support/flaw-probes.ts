// What verifiers that are not ours say of a client certificate. Each probe gives `accepted`, or the
// verifier's own words for its refusal.
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { ClientTlsOptions } from '../../src/index.js';
import { certtoolVerify } from './openssl.js';
import { run } from './program.js';

export const ACCEPTED = 'accepted';

/** `openssl verify`: the numbers of the errors it gives, the leaf's first. */
export function probeOpenssl(ca: string, certificate: string, options: readonly string[] = []): string {
  const { status, stdout, stderr } = run('openssl', [
    ...['verify', '-x509_strict', '-purpose', 'sslclient', ...options],
    ...['-CAfile', ca, '-untrusted', certificate, certificate],
  ]);
  if (status === 0) return ACCEPTED;
  const numbers = [...`${stdout}${stderr}`.matchAll(/^error (\d+) at/gm)].map(([, number]) => number);
  return `error ${[...new Set(numbers)].join(', ')}`;
}

/** GnuTLS: what `certtool --verify` holds against it. */
export function probeGnutls(ca: string, certificate: string, crl?: string): string {
  const output = certtoolVerify(ca, certificate, '1.3.6.1.5.5.7.3.2', crl);
  const verdict = /^Chain verification output: (.*)$/m.exec(output)?.[1] ?? output;
  if (verdict.startsWith('Verified.')) return ACCEPTED;
  return verdict
    .replace(/^Not verified\. ?/, '')
    .replace(/The certificate is NOT trusted\. ?/, '')
    .replace(/\.? *$/, '');
}

/** An NGINX listener: its HTTP status and the reason in its page. */
export function probeRest(port: number, options: ClientTlsOptions): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ host: 'localhost', port, path: '/', agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => {
        const reason = /<center>([^<]*certificate[^<]*)</.exec(body)?.[1];
        resolve(response.statusCode === 200 ? ACCEPTED : `${response.statusCode} ${reason ?? ''}`.trim());
      });
      response.on('error', (error) => resolve(codeOf(error)));
    });
    call.on('error', (error) => resolve(codeOf(error)));
    call.end();
  });
}

/** A gRPC server: its gRPC status, or how the connection ended. */
export function probeGrpc(port: number, options: ClientTlsOptions): Promise<string> {
  return new Promise((resolve) => {
    const session = connect(`https://localhost:${port}`, options);
    const done = (said: string) => {
      resolve(said);
      session.destroy();
    };
    session.on('error', (error) => done(codeOf(error)));
    session.on('close', () => done('closed'));
    const call = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/inference.GRPCInferenceService/ServerLive',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    call.on('trailers', (trailers) =>
      done(trailers['grpc-status'] === '0' ? ACCEPTED : JSON.stringify(trailers)),
    );
    call.on('error', (error) => done(codeOf(error)));
    call.resume();
    call.end(Buffer.alloc(5));
  });
}

/** Node's own tls server: the code of its verification's error. */
export async function probeNode(server: TlsOptions, client: ClientTlsOptions): Promise<string> {
  // With rejectUnauthorized Node only breaks the connection: without it, it says why it would.
  const listener = createServer({ ...server, rejectUnauthorized: false }, (socket: TLSSocket) => {
    socket.on('error', () => undefined);
    socket.end(socket.authorized ? ACCEPTED : String(socket.authorizationError));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    return await greeting(port, client);
  } finally {
    listener.close();
  }
}

async function greeting(port: number, client: ClientTlsOptions): Promise<string> {
  const { connect: connectTls } = await import('node:tls');
  return new Promise((resolve) => {
    const socket = connectTls({ host: 'localhost', port, ...client });
    let said = '';
    socket.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    socket.on('end', () => resolve(said === '' ? 'closed' : said));
    socket.on('error', (error) => resolve(codeOf(error)));
  });
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
