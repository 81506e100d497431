import { foreignText } from '../../../errors.js';
import { openSocket } from '../../wire/connection.js';
import { CLOSED, type Outcome, OutcomeError, outcomeOfError, timedOut } from '../../wire/outcome.js';
import type { Answer, Call, Endpoint } from '../protocol.js';
import { Conversation } from './conversation.js';

/** How the messages of a protocol go, for one attempt. */
export interface Exchange {
  /** What a report calls the protocol. */
  readonly name: string;
  /**
   * Speaks to the endpoint once requests can be sent, and tells what came of it.
   *
   * @throws {@link OutcomeError} where the other side speaks another protocol
   */
  readonly talk: (conversation: Conversation) => Promise<Outcome>;
}

/** Opens a connection, lets a protocol speak on it, and closes it: within the time, whatever the other side does. */
export function exchange(endpoint: Endpoint, call: Call, { name, talk }: Exchange): Promise<Answer> {
  const { context, timeoutMs, approach } = call;
  return new Promise((resolve) => {
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve({ outcome });
      opening.destroy();
    };
    const timer = setTimeout(() => finish(timedOut(timeoutMs, opening.stage())), timeoutMs);
    const events = {
      onReady: (socket: ConstructorParameters<typeof Conversation>[0]) => {
        talk(new Conversation(socket, name)).then(finish, (error) => finish(outcomeOfError(error)));
      },
      // What came before the end is told first.
      onError: (error: Error) => void setImmediate(() => finish(outcomeOfError(error))),
      onClose: () => void setImmediate(() => finish(CLOSED)),
    };
    const opening = openSocket(endpoint, context, events, approach);
  });
}

/** As much of another side's words as a row shows. */
const LONGEST_WORDS = 160;

/** What an application's answer means, in the protocol's own words. */
export class Answers {
  readonly #protocol: string;
  readonly #secure: boolean;

  constructor(protocol: string, { context }: Pick<Call, 'context'>) {
    this.#protocol = protocol;
    this.#secure = context !== undefined;
  }

  /** It serves the caller. */
  letIn(status: string): Outcome {
    return { kind: 'let-in', cause: this.#status(status), working: true };
  }

  /**
   * It asks for more than a certificate.
   *
   * @param others what that is for others where the valid client is not asked
   */
  asksForMore(status: string, others: 'refused' | 'differs'): Outcome {
    return { kind: 'let-in', cause: { ...this.#status(status), asksForMore: others }, working: true };
  }

  /** It turns the caller away, for who that is. */
  refused(status: string): Outcome {
    const cause = this.#status(status);
    return { kind: 'refused', cause: this.#secure ? { ...cause, refuses: true } : cause };
  }

  /** It speaks the protocol, and cannot serve the request. */
  failed(status: string): Outcome {
    return { kind: 'let-in', cause: this.#status(status), working: false };
  }

  #status(status: string) {
    const text = foreignText(status.trim(), LONGEST_WORDS);
    return { kind: 'status', protocol: this.#protocol, status: text } as const;
  }
}

/** The protocol is spoken, and TLS not taken up. */
export function noTls(protocol: string, said: string): OutcomeError {
  const cause = { kind: 'tls-not-offered', protocol, said: foreignText(said.trim(), LONGEST_WORDS) } as const;
  return new OutcomeError({ kind: 'wrong-server', cause });
}
