import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { BatchReply, BatchRequest, ThreadData } from './thread-messages.js';

/** So many parties pay for the start of a thread: 40 ms, in which this thread makes 500. */
const PARTIES_A_THREAD = 1000;
const MOST_THREADS = 7;

/** Worker threads that make parties beside this one. */
export interface IssuingThreads {
  /** How many there are. */
  readonly count: number;
  /** Has one of them make a batch. Fails where that thread fails. */
  issue(thread: number, request: BatchRequest): Promise<BatchReply>;
  end(): void;
}

/**
 * Starts as many threads as pay: none for few parties or on one core. Where the file that they run is not
 * beside this one (this module bundled into somebody's program), they fail, and this thread does the work.
 */
export async function startIssuingThreads(parties: number, data: ThreadData): Promise<IssuingThreads> {
  const worthwhile = Math.floor(parties / PARTIES_A_THREAD);
  const count = Math.min(worthwhile, availableParallelism() - 1, MOST_THREADS);
  if (count < 1) return NO_THREADS;
  const file = threadFile();
  if (file === undefined) return NO_THREADS;
  const { Worker } = await import('node:worker_threads');
  const threads = Array.from({ length: count }, () => {
    // What this process was started with (a loader, a debugger) is not for it.
    return new IssuingThread(new Worker(file, { workerData: data, execArgv: [] }));
  });
  return {
    count,
    issue: (thread, request) => (threads[thread] as IssuingThread).issue(request),
    end: () => {
      for (const thread of threads) thread.end();
    },
  };
}

/** Nothing where a bundler has taken the place of this module away. */
function threadFile(): string | undefined {
  try {
    return fileURLToPath(new URL('./issuing-thread.cjs', import.meta.url));
  } catch {
    return undefined;
  }
}

const NO_THREADS: IssuingThreads = {
  count: 0,
  issue: () => Promise.reject(new Error('there is no such thread')),
  end: () => undefined,
};

/** One thread with what it was asked for and has not answered yet. */
class IssuingThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (reply: BatchReply) => void; reject: (error: Error) => void }
  >();
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: BatchReply) => {
      this.#waiting.get(reply.from)?.resolve(reply);
      this.#waiting.delete(reply.from);
    });
    const fail = (failure: Error) => {
      this.#failure ??= failure;
      for (const { reject } of this.#waiting.values()) reject(failure);
      this.#waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the thread has ended')));
  }

  issue(request: BatchRequest): Promise<BatchReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.set(request.from, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  end(): void {
    this.#worker.terminate();
  }
}
