/** A client as people write it. */
export interface Client {
  readonly name: string;
  /** Whether it is one that checks its server. */
  readonly checks: boolean;
  /** Must flaws: what a client that checks accepts all the same at most, and one with a hole at least. */
  readonly accepts: readonly string[];
  /** What must be installed. */
  readonly program: string;
  /** For `verify-client`. */
  readonly command: readonly string[];
  /** To be compiled by Go; its place in the command is `{go}`. */
  readonly source?: string;
}

/** @param tools the Python that has requests */
export function clients(tools: { readonly python: string }): readonly Client[];

export function isInstalled(program: string): boolean;

/** The client's command, compiled into a folder where it must be; nothing where its program is not installed. */
export function commandOf(client: Client, folder: string): readonly string[] | undefined;
