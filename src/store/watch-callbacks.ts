import { setTimeout as delay } from 'node:timers/promises';
import { GenerateCertsError } from '../errors.js';
import type { Manifest } from './manifest/manifest.js';

/** What is called after a renewal. */
export type OnRenew = (manifest: Manifest, signal: AbortSignal) => unknown;

/** How long a call that was asked to end is waited for when the watch stops, in milliseconds. */
const GRACE_MS = 10_000;

/** setTimeout fires at once where it is asked for more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls a function after each renewal, one call at a time, and asks each to end when its time is up. */
export class Callbacks {
  readonly #onRenew: OnRenew | undefined;
  readonly #timeout: number;
  readonly #onError: ((error: unknown) => void) | undefined;
  #running: { readonly stop: () => void; readonly ended: Promise<void> } | undefined;
  #waiting: Manifest | undefined;
  #isOver = false;

  /** @param options.timeout in milliseconds */
  constructor(
    onRenew: OnRenew | undefined,
    options: { readonly timeout: number; readonly onError: ((error: unknown) => void) | undefined },
  ) {
    this.#onRenew = onRenew;
    this.#timeout = options.timeout;
    this.#onError = options.onError;
  }

  /** Calls it, or notes the call for when the one that goes on has ended. */
  call(manifest: Manifest): void {
    if (this.#onRenew === undefined || this.#isOver) return;
    if (this.#running !== undefined) {
      this.#waiting = manifest;
      return;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), Math.min(this.#timeout, LONGEST_TIMER_MS));
    const ended = this.#run(this.#onRenew, manifest, controller.signal).finally(() => {
      clearTimeout(timer);
      this.#running = undefined;
      const next = this.#waiting;
      this.#waiting = undefined;
      if (next !== undefined) this.call(next);
    });
    this.#running = { stop: () => controller.abort(), ended };
  }

  /** Asks the call that goes on to end. */
  stop(): void {
    this.#running?.stop();
  }

  /** Makes no more calls, and waits for the one that goes on, but not for ever. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#waiting = undefined;
    const running = this.#running;
    if (running === undefined) return;
    running.stop();
    const controller = new AbortController();
    const isLate = await Promise.race([
      running.ended.then(() => false),
      delay(GRACE_MS, true, { signal: controller.signal }).catch(() => false),
    ]);
    controller.abort();
    if (isLate) this.#onError?.(stillRunning());
  }

  async #run(onRenew: OnRenew, manifest: Manifest, signal: AbortSignal): Promise<void> {
    try {
      await onRenew(manifest, signal);
    } catch (error) {
      this.#onError?.(error);
    }
  }
}

function stillRunning(): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_ON_RENEW_FAILED',
    'the function that is called after a renewal did not end when it was asked to',
    'end it when its signal is aborted',
  );
}
