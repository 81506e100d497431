import { GenerateCertsError } from '../../errors.js';

/** @throws {@link GenerateCertsError} `ERR_INTERRUPTED` */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new GenerateCertsError('ERR_INTERRUPTED', 'interrupted', 'nothing was changed', {
    cause: signal.reason,
  });
}

/** Waits for some work, but not after an interruption: key generation cannot be stopped, only left. */
export async function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // Work that was abandoned may still fail, and its error no longer matters.
  work.catch(() => undefined);
  throwIfInterrupted(signal);
  if (signal === undefined) return work;
  const { promise, reject } = withReject();
  const interrupt = () => {
    try {
      throwIfInterrupted(signal);
    } catch (error) {
      reject(error);
    }
  };
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

function withReject(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
