// Works on operations: asks the provider, outside any transaction, with many calls at once, and stores the answers in
// batches. Operations come straight from whoever recorded them; a poll finds retries and those of processes that died.
import { type Batcher, createBatcher } from "@ordermesh/runtime/batching";
import { type Database, isTransient } from "@ordermesh/runtime/database";
import type { PaymentProvider } from "../provider/port.ts";
import { claimDue, type Retry, releaseAll, reschedule } from "../store/operations.ts";
import type { ClaimedOperation, Lease } from "../store/payment.ts";
import { callProvider } from "./call-provider.ts";
import { CircuitOpenError, type GuardedCalls } from "./guarded-calls.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { type Answered, type SettlePorts, settleOperations } from "./settle-operations.ts";

export interface WorkerOptions extends SettlePorts {
  readonly provider: PaymentProvider;
  readonly calls: GuardedCalls;
  readonly lease: () => Lease;
  /** Longest time of a call; an operation whose lease does not last that long is not begun. */
  readonly timeoutMs: number;
  /** Calls at once. */
  readonly concurrency: number;
  readonly pollMs: number;
}

export interface OperationWorker {
  /** Takes over operations that are leased to this process. */
  work(claimed: readonly ClaimedOperation[]): void;
  /** Frees what an earlier process of the same name left behind and starts to poll. */
  start(): Promise<void>;
  /** Gives calls under way `graceMs` to end, then gives up and releases what is not done. */
  stop(graceMs: number): Promise<void>;
}

const claimLimit = 256;
/** How long operations wait while the breaker is open, at least; the same again is random. */
const openPauseMs = 500;
/** Under load answers wait this long for company, because a commit costs more than several of its rows. */
const gatherMs = 15;
/** How many operations that were begun the queue may still hold. */
const compactAt = 4_096;
/** A retry that is not the first few is worth a line in the log. */
const notableAttempts = 5;

export function createOperationWorker(options: WorkerOptions): OperationWorker {
  const { database, provider, calls, lease, now, logger, timeoutMs, concurrency, pollMs } = options;
  const { owner } = lease();
  let queue: ClaimedOperation[] = [];
  let next = 0;
  const active = new Set<string>();
  let polling: NodeJS.Timeout | undefined;
  let poll: Promise<void> = Promise.resolve();
  let stopping = false;
  let idle: (() => void) | undefined;

  const settler = createBatcher<Answered, ClaimedOperation[]>({
    maxItems: 256,
    maxDelayMs: gatherMs,
    concurrency: 2,
    run: (answers) => settleOperations(options, answers),
    retrySingly: (error) => !isTransient(error),
  });
  const retrier = rescheduler(database, now, owner);

  function work(claimed: readonly ClaimedOperation[]): void {
    for (const operation of claimed) queue.push(operation);
    begin();
  }

  function begin(): void {
    const nowMs = now().getTime();
    while (!stopping && active.size < concurrency && next < queue.length) {
      const claimed = queue[next++];
      if (claimed === undefined || active.has(claimed.operation.id)) continue;
      // It waited too long; the poll finds it again when its lease is over.
      if (claimed.leaseEndMs < nowMs + timeoutMs) continue;
      active.add(claimed.operation.id);
      void run(claimed).finally(() => end(claimed));
    }
    if (next === queue.length || next > compactAt) {
      queue = queue.slice(next);
      next = 0;
    }
  }

  function end(claimed: ClaimedOperation): void {
    active.delete(claimed.operation.id);
    if (next < queue.length) begin();
    if (active.size === 0) idle?.();
  }

  async function run(claimed: ClaimedOperation): Promise<void> {
    const attempts = claimed.operation.attempts + 1;
    try {
      const outcome = await calls.make(attempts === 1, (signal) => callProvider(provider, claimed, signal));
      work(await settler.add({ claimed, outcome, attempts }));
    } catch (error) {
      // While the process stops, whatever is left is released together.
      if (!stopping) await retryLater(claimed, attempts, error);
    }
  }

  async function retryLater(claimed: ClaimedOperation, attempts: number, error: unknown): Promise<void> {
    const { id, kind } = claimed.operation;
    const message = error instanceof Error ? error.message : String(error);
    const retry =
      error instanceof CircuitOpenError
        ? { attempts: attempts - 1, delayMs: openPauseMs * (1 + Math.random()) }
        : { attempts, delayMs: retryDelayMs(attempts) };
    const level = attempts === notableAttempts ? "warn" : "debug";
    logger[level]({ err: error, operationId: id, kind, attempts, paymentId: claimed.payment.id }, "operation failed");
    try {
      const timeMs = now().getTime() + retry.delayMs;
      await retrier.add({ id, attempts: retry.attempts, timeMs, error: message });
    } catch (storeError) {
      // The lease will run out, and the operation is found again.
      logger.warn({ err: storeError, operationId: id }, "retry could not be stored");
    }
  }

  /** Whether there is probably more to claim. */
  async function claim(): Promise<boolean> {
    const limit = Math.min(concurrency - active.size, claimLimit);
    if (limit <= 0 || next < queue.length) return false;
    try {
      const claimed = await claimDue(database, now(), limit, lease());
      work(claimed);
      return claimed.length === limit;
    } catch (error) {
      logger.warn({ err: error }, "due operations could not be claimed");
      return false;
    }
  }

  function schedulePoll(delayMs: number): void {
    if (stopping) return;
    polling = setTimeout(() => {
      poll = claim().then((more) => schedulePoll(more ? 0 : pollMs));
    }, delayMs);
  }

  return {
    work,
    async start() {
      await releaseAll(database, owner, now());
      schedulePoll(pollMs);
    },
    async stop(graceMs) {
      clearTimeout(polling);
      stopping = true;
      await poll;
      clearTimeout(polling);
      if (active.size > 0) await within(graceMs, new Promise<void>((resolve) => (idle = resolve)));
      calls.abort();
      await settler.idle();
      await retrier.idle();
      await releaseAll(database, owner, now());
    },
  };
}

function rescheduler(database: Database, now: () => Date, owner: string): Batcher<Retry, undefined> {
  return createBatcher<Retry, undefined>({
    maxItems: 256,
    maxDelayMs: 20,
    async run(retries) {
      await reschedule(database, retries, now(), owner);
      return retries.map(() => undefined);
    },
  });
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([done, timeout]);
  clearTimeout(timer);
}
