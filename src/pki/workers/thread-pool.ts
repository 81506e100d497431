import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { GenerateCertsError } from '../../errors.js';
import { type BatchReply, type BatchRequest, isReplyTo, type ThreadData } from './thread-messages.js';

/** So many parties pay for the start of a thread: 40 ms, in which this thread makes 500. */
const PARTIES_A_THREAD = 1000;
const MOST_THREADS = 7;

/** Worker threads that make parties beside this one. */
export interface IssuingThreads {
  /** How many there are. */
  readonly count: number;
  /**
   * Has one of them make a batch. Fails where that thread fails.
   *
   * @throws {@link GenerateCertsError} `ERR_THREAD_FAILED` where it answers with something else, or not at all
   */
  issue(thread: number, request: BatchRequest): Promise<BatchReply>;
  end(): void;
}

/**
 * Starts as many threads as pay: none for few parties or on one core. Where the file that they run is not
 * beside this one (this module bundled into someone's program), they fail, and this thread does the work.
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

/**
 * How often this thread looks for an answer, and after how many looks in vain it waits no longer. A batch takes some ten
 * milliseconds. Looks are counted, not time: a machine that sleeps, or a debugger that holds the process, makes none.
 */
const LOOK_EVERY_MS = 1000;
const MOST_LOOKS = 120;

/** What waits for an answer. */
interface Waiting {
  readonly request: BatchRequest;
  readonly resolve: (reply: BatchReply) => void;
  readonly reject: (error: Error) => void;
}

/** One thread with what it was asked for and has not answered yet. */
class IssuingThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #looks: NodeJS.Timeout;
  #inVain = 0;
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: unknown) => this.#receive(reply));
    worker.on('messageerror', () => this.#fail(threadFailed('its answer cannot be read')));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the thread has ended')));
    this.#looks = setInterval(() => {
      this.#inVain = this.#waiting.size === 0 ? 0 : this.#inVain + 1;
      if (this.#inVain > MOST_LOOKS) this.#fail(threadFailed('it does not answer'));
    }, LOOK_EVERY_MS);
    // The thread itself keeps the process.
    this.#looks.unref();
  }

  issue(request: BatchRequest): Promise<BatchReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.set(request.from, { request, resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  end(): void {
    clearInterval(this.#looks);
    this.#worker.terminate();
  }

  #receive(reply: unknown): void {
    this.#inVain = 0;
    const from = (reply as Partial<BatchReply> | null)?.from;
    const waiting = from === undefined ? undefined : this.#waiting.get(from);
    if (waiting === undefined || !isReplyTo(waiting.request, reply)) {
      this.#fail(threadFailed('it answered with something else'));
      return;
    }
    this.#waiting.delete(waiting.request.from);
    waiting.resolve(reply);
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** Nothing of this program does so: what runs in the process changed the thread. */
export function threadFailed(problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_THREAD_FAILED',
    `a thread that makes certificates failed: ${problem}`,
    'run again without what NODE_OPTIONS loads',
  );
}
