import { constants } from 'node:os';

/** The exit status that stands for a signal, as shells have it: 128 and the signal's number. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
