import { rmSync } from 'node:fs';
import vm from 'node:vm';

/** Folders that go with the process. */
const live = new Set<string>();
let watch: Promise<() => void> | undefined;

/**
 * Removes a folder when the process exits or is interrupted by SIGINT, SIGTERM or SIGHUP, and lets the
 * signal do what it would do without: end the process, or call the program's own listener.
 *
 * @returns what ends the watch over the folder
 */
export async function removeAtExit(folder: string): Promise<() => void> {
  live.add(folder);
  watch ??= watchForExit();
  await watch;
  return () => {
    live.delete(folder);
    if (live.size > 0) return;
    void watch?.then((stop) => stop());
    watch = undefined;
  };
}

/** An interrupted process has no time to wait: this is the one place that removes files synchronously. */
function removeLive(): void {
  for (const folder of live) rmSync(folder, { recursive: true, force: true });
}

async function watchForExit(): Promise<() => void> {
  // Jest gives a suite a copy of `process` on which neither exit nor a signal is ever emitted.
  const real: NodeJS.Process = vm.runInThisContext('process');
  if (real !== process) return watchProcess(real);
  // Loaded only by those who need it, and it knows how to stand beside others that watch for signals.
  const { onExit } = await import('signal-exit');
  return onExit(removeLive);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function watchProcess(real: NodeJS.Process): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    removeLive();
    stop();
    // There is no other listener: without this one the signal would have ended the process.
    if (real.listenerCount(signal) === 0) real.kill(real.pid, signal);
  };
  const stop = () => {
    real.off('exit', removeLive);
    for (const signal of SIGNALS) real.off(signal, onSignal);
  };
  real.on('exit', removeLive);
  for (const signal of SIGNALS) real.on(signal, onSignal);
  return stop;
}
