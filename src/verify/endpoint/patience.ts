/** How many attempts at one address may get no answer: two rounds of those that run side by side. */
export const MOST_SILENT = 16;

/** Bounds how long an endpoint is waited for that answers the valid client and then nothing more. */
export class Patience {
  #silent = 0;

  /** Whether so many attempts got no answer that no more are made. */
  get isOver(): boolean {
    return this.#silent >= MOST_SILENT;
  }

  /** An attempt got no answer within its time. */
  countSilent(): void {
    this.#silent++;
  }
}
