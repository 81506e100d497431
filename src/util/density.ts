/** How many bytes there are at least for each value in what this program writes; a certificate's line has over 20. */
const BYTES_A_VALUE = 8;
/** So many values any text may have. */
const FREE_VALUES = 10_000;

/** 1 for what begins a value. A table, because a large text has 100 million bytes. */
const STRUCTURAL = new Uint8Array(256);
for (const sign of '[{,') STRUCTURAL[sign.charCodeAt(0)] = 1;

/**
 * Tells a JSON text that holds far more values than this program would write in so many bytes (`[],[],[],…`) before
 * it is parsed: 120 MB of those would take gigabytes.
 */
export class DensityCheck {
  #bytes = 0;
  #values = 0;

  /** @returns false where the text is too dense */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    let values = 0;
    for (let at = 0; at < chunk.length; at++) values += STRUCTURAL[chunk[at] as number] as number;
    this.#values += values;
    return this.#values <= FREE_VALUES + this.#bytes / BYTES_A_VALUE;
  }
}
