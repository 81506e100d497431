import { took } from '../contact.js';
import type { ServedProtocol } from './protocol.js';

/** Takes what comes for a request. It is answered by these bytes, or by the end of the connection. */
function takes(name: string, scheme: string, answer?: Buffer): ServedProtocol {
  return {
    name,
    scheme,
    serve: (socket, contact) => {
      socket.once('data', () => {
        took(contact);
        if (answer === undefined) socket.end();
        else socket.write(answer);
      });
    },
  };
}

/** CONNACK: the connection is accepted. */
const ACCEPTED = Buffer.from([0x20, 2, 0, 0]);

/** Protocols whose TLS comes first. */
export const TLS_ALONE: readonly ServedProtocol[] = [
  takes('tls', 'tls'),
  takes('mqtt', 'mqtts', ACCEPTED),
  takes('amqp', 'amqps'),
  takes('mongodb', 'mongodb'),
  takes('kafka', 'kafka'),
];
