import type { PartyCredential } from '../issue/party.js';

/** Long work, as its caller follows and stops it. */
export interface Work {
  /** Stops the work at its next step. */
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how much is done. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** As {@link Work}, for who has a use for each party as soon as it is made. */
export interface IssuingWork extends Work {
  readonly onParties?: ((parties: readonly PartyCredential[]) => void) | undefined;
}

/** How much of some work is done. */
export interface Progress {
  /** What is counted: parties made, files put in their places, or cases tried at an endpoint. */
  readonly of: 'certificates' | 'files' | 'cases';
  readonly done: number;
  readonly total: number;
}
