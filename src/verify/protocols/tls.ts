// Any protocol in TLS, of which nothing is known: the handshake alone, and what comes of it.
import { openSocket } from '../wire/connection.js';
import { CLOSED, type Outcome, outcomeOfError, timedOut } from '../wire/outcome.js';
import { parseService } from './places.js';
import type { Answer, Call, Endpoint, Protocol } from './protocol.js';

const EXAMPLE = 'tls://localhost:8443';

/**
 * How long an alert is waited for, in milliseconds. With TLS 1.3 a server looks at the certificate when this side's handshake
 * has ended (RFC 8446 section 4.4), so that its alert comes one way over the network and back later.
 */
const QUIET_MS = 500;

export const tls = {
  name: 'tls',
  schemes: ['tls'],
  example: EXAMPLE,
  parse: (url) => parseService(url, { ports: { tls: null }, example: EXAMPLE }),
  alpn: [],
  evidence: `tls:// sends no request: no alert within ${QUIET_MS / 1000} s of the handshake counts as let in, which is weaker evidence than an application's answer`,
  call: (endpoint, call) => (call.context === undefined ? speakPlain(endpoint, call) : wait(endpoint, call)),
} as const satisfies Protocol;

function wait(endpoint: Endpoint, { context, timeoutMs, approach }: Call): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      clearTimeout(quiet);
      resolve({ outcome });
      opening.destroy();
    };
    let quiet: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => finish(timedOut(timeoutMs, opening.stage())), timeoutMs);
    const opening = openSocket(
      endpoint,
      context,
      {
        onReady: (socket) => {
          const milliseconds = Math.min(QUIET_MS, timeoutMs);
          clearTimeout(timer);
          quiet = setTimeout(
            () => finish({ kind: 'let-in', cause: { kind: 'quiet', milliseconds }, working: true }),
            milliseconds,
          );
          socket.once('data', () => finish({ kind: 'let-in', cause: { kind: 'spoke' }, working: true }));
        },
        onError: (error) => finish(outcomeOfError(error)),
        onClose: () => void setImmediate(() => finish(CLOSED)),
      },
      approach,
    );
  });
}

/** What no server of TLS takes for a record: two empty lines, which ask for nothing in protocols of lines. */
const NO_RECORD = '\r\n\r\n\r\n';
const ALERT = 21;

function speakPlain(endpoint: Endpoint, { timeoutMs, approach }: Call): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve({ outcome });
      opening.destroy();
    };
    const timer = setTimeout(() => finish(timedOut(timeoutMs, opening.stage())), timeoutMs);
    const opening = openSocket(
      endpoint,
      undefined,
      {
        onReady: (socket) => {
          socket.write(NO_RECORD);
          socket.once('data', (data: Buffer) => {
            if (data[0] === ALERT) finish({ kind: 'refused', cause: { kind: 'not-plaintext' } });
            else finish({ kind: 'differs', cause: { kind: 'other-answer', protocol: 'TLS' } });
          });
        },
        onError: (error) => finish(outcomeOfError(error)),
        onClose: () => void setImmediate(() => finish(CLOSED)),
      },
      approach,
    );
  });
}
