/** A client that is built, or takes long to start. */
export interface BuiltClient {
  readonly name: string;
  readonly checks: boolean;
  /** Must flaws: what a client that checks accepts all the same at most, and one with a hole at least. */
  readonly accepts: readonly string[];
  /** What must be installed. */
  readonly program: string;
  /** Builds it in a folder, and gives its command for `verify-client`. */
  readonly build: (folder: string) => readonly string[];
}

/** @param tools each Python that has a gRPC of its own */
export function moreClients(tools: {
  readonly pythons: readonly { readonly form: string; readonly python: string }[];
}): readonly BuiltClient[];
