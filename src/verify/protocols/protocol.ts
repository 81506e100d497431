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
  /** What is said of its evidence beside the rows, where that is weaker than an application's answer. */
  readonly evidence?: string;
  /** In what a valid client's calls may differ where the usual ones do not open the endpoint; absent where in nothing. */
  readonly alternative?: Approach;
  /** The options by which other requests than the protocol's harmless one are asked for; absent where there are none. */
  readonly requests?: {
    /** What is asked for where nothing else is. */
    readonly usual: string;
    /** What is asked for then where the usual request leads nowhere. */
    readonly fallback: string;
    /** The options, which may be repeated; what they give is checked. */
    readonly options: readonly RequestOption[];
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

/** An option that names a request. */
export interface RequestOption {
  readonly name: 'path' | 'method' | 'request';
  readonly value: string;
  readonly description: string;
  /**
   * Checks what was asked for.
   *
   * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
   */
  readonly parse: (typed: string) => string;
}

/** One attempt at an endpoint. */
export interface Call {
  /** This side's TLS; plaintext when absent. */
  readonly context: SecureContext | undefined;
  /** One of {@link Protocol.requests}; empty where the protocol has none. */
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
  readonly answer?: Answer | undefined;
  /** Makes the very request again, in another way; absent where none was made. */
  readonly repeat?: ((call: Omit<Call, 'request'>) => Promise<Answer>) | undefined;
}
