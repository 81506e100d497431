import type { SecureContext } from 'node:tls';
import type { Address, Approach } from '../wire/approach.js';
import type { Target } from '../wire/connection.js';
import type { Outcome } from '../wire/outcome.js';
import type { Place } from './places.js';

/**
 * A protocol that endpoints are proved by. To add one, write a file beside `grpc.ts` and name it in `index.ts`: the
 * command line, its help, the library and the reports follow.
 */
export interface Protocol {
  /** What a row calls it. */
  readonly name: string;
  /** Schemes of its URLs, the usual one first. */
  readonly schemes: readonly string[];
  /** An endpoint, for hints. */
  readonly example: string;
  /** Reads a URL of one of its schemes. */
  readonly parse: (url: string) => Place;
  /** An option of `verify` beside the URL: `--<name> <value>`. */
  readonly short?: {
    readonly value: string;
    readonly description: string;
    readonly parse: (typed: unknown) => Place;
  };
  /** What it offers in TLS (RFC 7301); empty where it offers nothing. */
  readonly alpn: readonly string[];
  /** What is said before TLS begins, as STARTTLS is; absent where TLS comes first. */
  readonly begin?: Target['protocol']['begin'];
  /** The option by which another request than the protocol's harmless one is asked for; absent where there is none. */
  readonly request?: {
    readonly name: 'path' | 'method';
    readonly value: string;
    readonly description: string;
    /** Checks what was asked for, or gives the default. */
    readonly parse: (typed: string | undefined) => string;
  };
  /**
   * Makes the request on a connection of its own and says what the answer means: let in, refused by the application,
   * or neither. It obeys what of the {@link Call.approach} its connections have.
   */
  readonly call: (endpoint: Endpoint, call: Call) => Promise<Answer>;
  /**
   * Asks for a model's metadata and an inference; absent where the protocol has no models.
   *
   * @throws {@link GenerateCertsError} `ERR_MODEL_UNKNOWN`
   */
  readonly tryModel?: (
    endpoint: Endpoint,
    call: Omit<Call, 'request'>,
    model: string,
  ) => Promise<ModelStep[]>;
}

/** One attempt at an endpoint. */
export interface Call {
  /** This side's TLS; plaintext when absent. */
  readonly context: SecureContext | undefined;
  /** What {@link Protocol.request} gave; empty without it. */
  readonly request: string;
  readonly timeoutMs: number;
  readonly approach?: Approach | undefined;
  /** The set's valid client that the endpoint is opened with: a protocol's user names may follow from it. */
  readonly client?: string | undefined;
  /** The certificate that is shown, in PEM; absent where none is. */
  readonly certificate?: string | undefined;
}

/** What an attempt came to. */
export interface Answer {
  readonly outcome: Outcome;
  /** Of HTTP: its status. */
  readonly status?: number | undefined;
  /** Of HTTP: the answer's headers and trailers, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Its body, or as much of it as was read. */
  readonly body?: string | undefined;
}

/** A live listener to be proved. */
export interface Endpoint extends Place {
  readonly protocol: Protocol;
  /** As typed. */
  readonly address: string;
  /** Where connections are made to instead of its host and port. */
  readonly connectTo?: Address | undefined;
}

/** What was asked of a model, and what came of it. */
export interface ModelStep {
  readonly name: 'metadata' | 'inference';
  readonly outcome: Outcome;
}
