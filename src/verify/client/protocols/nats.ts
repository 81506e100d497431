import { answering, type ServedProtocol } from './protocol.js';

/** A server tells of itself before TLS begins, and a client goes on in TLS where the server says that it must. */
export const nats: ServedProtocol = {
  name: 'nats',
  scheme: 'nats',
  greeting: (offersTls) =>
    `INFO ${JSON.stringify({
      ...{ server_id: 'generate-certs', version: '2.10.0', proto: 1, max_payload: 65_536 },
      ...(offersTls && { tls_required: true, tls_verify: true }),
    })}\r\n`,
  begin: async (talk) => (await talk.peek(1))[0] === HANDSHAKE,
  serve: answering('NATS', async (talk, request) => {
    for (;;) {
      const line = await talk.line();
      request();
      if (/^PING/i.test(line)) talk.send('PONG\r\n');
      if (/^CONNECT .*"verbose": ?true/i.test(line)) talk.send('+OK\r\n');
    }
  }),
};

/** The first byte of a TLS record that begins a handshake (RFC 8446 section 5.1). */
const HANDSHAKE = 22;
