import { GenerateCertsError } from '../../errors.js';
import { signalStatus } from '../../util/exit-status.js';

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

/** The signal that interrupted this program's work; nothing where it failed otherwise. */
export function interruptingSignal(error: unknown): NodeJS.Signals | undefined {
  if (!(error instanceof GenerateCertsError && error.code === 'ERR_INTERRUPTED')) return undefined;
  return SIGNALS.find((name) => name === error.cause) ?? 'SIGINT';
}

/** The exit status after an interruption, as a shell has it: 128 and the signal's number. */
export function interruptionStatus(error: GenerateCertsError): number | undefined {
  const signal = interruptingSignal(error);
  return signal === undefined ? undefined : signalStatus(signal);
}
