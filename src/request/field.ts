import type { LayoutRegistry } from './layout-rules.js';

/** A text that may depend on which layouts there are. */
export type Text = string | ((layouts: LayoutRegistry) => string);

/** A fragment of JSON Schema (draft 7). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One thing that a run may be asked for, with everything that the library and the command line know of it. */
export interface Field<Checked = unknown> {
  /** The option of the command line; nothing for what is given otherwise, or only to the library. */
  readonly flag?: {
    readonly long: string;
    readonly short?: string;
    /** What its value is, as the help calls it; nothing for a switch. */
    readonly value?: string;
    /** Turns the text of the command line into what the library takes; the text itself without. */
    readonly read?: (text: string) => unknown;
  };
  /** What it means, in a few words. */
  readonly help: Text;
  /** The default as the help shows it. */
  readonly default?: Text;
  /** Whether the option may be repeated. */
  readonly repeats?: true;
  /**
   * What a configuration file asks for together with what the command line adds to it; without this the command
   * line's value replaces the file's. Both were checked.
   */
  readonly join?: (ofFile: unknown, added: unknown) => unknown;
  /** Whether it is a path: one in a configuration file starts from that file's folder. */
  readonly isPath?: true;
  /** Whether the GitHub Action has it as an input. */
  readonly action?: true;
  /** Its place in a configuration file; nothing for what belongs to a single run. */
  readonly schema?: (layouts: LayoutRegistry) => JsonSchema;
  /** How the manifest keeps it; nothing for what says how a run works. */
  readonly recorded?: RecordedField;
  /**
   * Checks a value from outside; `undefined` stands for the default.
   *
   * @throws {@link GenerateCertsError} which names the value
   */
  readonly parse: (given: unknown, layouts: LayoutRegistry) => Checked;
}

/** How the manifest keeps a field. */
export interface RecordedField {
  /** Whether a value read from a manifest is one that this program could have written. */
  readonly isValid: (value: unknown) => boolean;
  /** Its form in a manifest, where that is not its form in a configuration file. */
  readonly schema?: JsonSchema;
  /** What it means when a manifest does not have it: for fields that came later than the first manifests. */
  readonly missing?: unknown;
  /**
   * What a run does where another value is asked for than the recorded one. Nothing for what is only ever added
   * to.
   */
  readonly change?: {
    /** The subject of the reason, as in `key type: ec-p256 instead of rsa-2048`. */
    readonly words: string;
    /** Issue what is `missing`, everything for a new `life`, or everything by a new `authority`. */
    readonly reissue: 'missing' | 'life' | 'authority';
  };
}

/** What the fields' parsers return, by the fields' names. */
export type Parsed<Fields extends Readonly<Record<string, Field>>> = {
  readonly [Key in keyof Fields]: ReturnType<Fields[Key]['parse']>;
};

export function textOf(text: Text, layouts: LayoutRegistry): string {
  return typeof text === 'string' ? text : text(layouts);
}
