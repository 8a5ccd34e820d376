export interface BatcherOptions<I, O> {
  /** Most items of one run. */
  readonly maxItems: number;
  /** Runs that are not full start at least this far apart, in milliseconds: the longest wait while a run could start. */
  readonly maxDelayMs: number;
  /** How many runs may be under way at once; default 1. */
  readonly concurrency?: number;
  /**
   * Handles a batch and answers for each item in the order given, either with plain values or with settled results, so
   * that one item's failure stays its own. When it rejects, every item of the batch rejects with that error.
   */
  run(items: I[]): Promise<PromiseSettledResult<O>[] | O[]>;
  /**
   * Whether a rejected batch of several items is run again one item at a time, to find the bad one. Only right when a
   * rejected run has no effect. Default: never.
   */
  retrySingly?(error: unknown): boolean;
}

export interface Batcher<I, O> {
  /**
   * Hands an item to the next run. With a signal, an abort rejects at once with its reason; an item that still waits is
   * then never run, one whose run has begun may still take effect.
   */
  add(item: I, signal?: AbortSignal): Promise<O>;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

interface Waiting<I, O> {
  readonly item: I;
  resolve(value: O): void;
  reject(reason: unknown): void;
}

function isSettled<O>(answer: PromiseSettledResult<O> | O): answer is PromiseSettledResult<O> {
  if (!(answer instanceof Object) || !("status" in answer)) return false;
  return (answer.status === "fulfilled" && "value" in answer) || (answer.status === "rejected" && "reason" in answer);
}

function settle<I, O>(waiting: Waiting<I, O>, answer: PromiseSettledResult<O> | O): void {
  if (!isSettled(answer)) waiting.resolve(answer);
  else if (answer.status === "fulfilled") waiting.resolve(answer.value);
  else waiting.reject(answer.reason);
}

/**
 * Gathers items of concurrent callers into runs. An item that finds the batcher idle is run at once, together with what
 * arrives in the same turn of the event loop; under load items gather while a run is under way and for at most
 * `maxDelayMs` between the starts of runs.
 */
export function createBatcher<I, O>(options: BatcherOptions<I, O>): Batcher<I, O> {
  const { maxItems, maxDelayMs, concurrency = 1 } = options;
  let queue: Waiting<I, O>[] = [];
  let running = 0;
  let lastStart = Number.NEGATIVE_INFINITY;
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let idleWaiters: (() => void)[] = [];

  function schedule(): void {
    if (immediate || running >= concurrency || queue.length === 0) return;
    const waitMs = lastStart + maxDelayMs - performance.now();
    if (queue.length >= maxItems || waitMs <= 0) immediate = setImmediate(start);
    else timer ??= setTimeout(start, waitMs);
  }

  function start(): void {
    clearTimeout(timer);
    clearImmediate(immediate);
    timer = immediate = undefined;
    if (queue.length === 0) return;
    const batch = queue.length <= maxItems ? queue : queue.slice(0, maxItems);
    queue = queue.slice(batch.length);
    running++;
    lastStart = performance.now();
    void runBatch(batch).then(() => {
      running--;
      schedule();
      notifyIdle();
    });
    schedule();
  }

  async function runBatch(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const answers = await options.run(batch.map((waiting) => waiting.item));
      if (answers.length !== batch.length) {
        throw new RangeError(`run must answer for each of its ${batch.length} items, got ${answers.length} answers`);
      }
      batch.forEach((waiting, index) => {
        settle(waiting, answers[index] as PromiseSettledResult<O> | O);
      });
    } catch (error) {
      if (batch.length > 1 && options.retrySingly?.(error)) {
        for (const waiting of batch) await runBatch([waiting]);
      } else {
        for (const waiting of batch) waiting.reject(error);
      }
    }
  }

  function notifyIdle(): void {
    if (running > 0 || queue.length > 0) return;
    const waiters = idleWaiters;
    idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  function enqueue(item: I): { waiting: Waiting<I, O>; result: Promise<O> } {
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    const waiting = { item, resolve, reject };
    queue.push(waiting);
    schedule();
    return { waiting, result: promise };
  }

  return {
    add(item, signal) {
      if (!signal) return enqueue(item).result;
      if (signal.aborted) return Promise.reject(signal.reason);
      const { waiting, result } = enqueue(item);
      const abort = () => {
        queue = queue.filter((other) => other !== waiting);
        waiting.reject(signal.reason);
        notifyIdle();
      };
      signal.addEventListener("abort", abort, { once: true });
      const forget = () => signal.removeEventListener("abort", abort);
      result.then(forget, forget);
      return result;
    },
    idle: () =>
      running === 0 && queue.length === 0 ? Promise.resolve() : new Promise((done) => idleWaiters.push(done)),
  };
}
