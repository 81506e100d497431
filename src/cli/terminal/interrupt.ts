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
    if (!controller.signal.aborted) return controller.abort(name);
    stopListening();
    // Once more, for those who clean up at the end of the process: they do so where they alone listen.
    setImmediate(() => process.kill(process.pid, name));
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
