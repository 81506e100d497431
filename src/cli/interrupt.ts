import { constants } from 'node:os';
import type { GenerateCertsError } from '../errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs work that Ctrl-C and SIGTERM stop in an orderly way: what it has begun it takes back. A second
 * signal ends the process at once; the next run then clears up after it.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    stopListening();
    controller.abort(name);
  };
  const stopListening = () => {
    for (const name of SIGNALS) process.removeListener(name, interrupt);
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}

/** The exit status after an interruption, as a shell has it: 128 and the signal's number. */
export function interruptionStatus({ code, cause }: GenerateCertsError): number | undefined {
  if (code !== 'ERR_INTERRUPTED') return undefined;
  return 128 + (constants.signals[cause as NodeJS.Signals] ?? constants.signals.SIGINT);
}
