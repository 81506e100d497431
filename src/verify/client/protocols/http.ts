import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Contact, took } from '../contact.js';

const BODY = '{"live":true}\n';

/** ServerLiveResponse { live: true } of KServe, which any other message type reads as a field of its own. */
const GRPC_MESSAGE = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

/** Takes one request in HTTP/2, gRPC among it. The preface and settings of a connection are no request yet. */
export function answerHttp2(socket: TLSSocket, contact: Contact): void {
  const session = performServerHandshake(socket);
  session.on('error', () => undefined);
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    took(contact);
    stream.on('error', () => undefined);
    stream.resume();
    if (!String(headers['content-type'] ?? '').startsWith('application/grpc')) {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(BODY);
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(GRPC_MESSAGE);
  });
}

/** More of a request than its head is not waited for. */
const LONGEST_HEAD = 64 * 1024;

/** Takes one request in HTTP/1.1; bytes of another protocol are a request as well, without an answer. */
export function answerHttp1(socket: Duplex, contact: Contact): void {
  let read = '';
  let answered = false;
  const look = () => {
    if (answered || (!read.includes('\r\n\r\n') && read.length < LONGEST_HEAD)) return;
    answered = true;
    read = '';
    socket.end(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\nconnection: close\r\n\r\n${BODY}`,
    );
  };
  socket.on('data', (chunk: Buffer) => {
    if (!answered) read += chunk.toString('latin1');
    took(contact);
    look();
  });
}
