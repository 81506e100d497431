/** A client of a protocol that is no HTTP, as people run it. */
export interface ProtocolClient {
  readonly name: string;
  /** What its servers speak. */
  readonly protocol: string;
  /** Whether it checks its server as well as it can. */
  readonly checks: boolean;
  /** Flaws of servers that it accepts although they must be refused: these and no others. */
  readonly accepts: readonly string[];
  readonly program: string;
  readonly command: readonly string[];
}

export declare function protocolClients(): ProtocolClient[];
