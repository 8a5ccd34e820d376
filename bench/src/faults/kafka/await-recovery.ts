// When a stack has recovered: all of it is ready, and it has caught up with what it missed.
import { setTimeout as delay } from "node:timers/promises";
import type { StackState } from "@ordermesh/stack";
import { type Backlog, type BacklogReader, describeBacklog } from "../../measuring/backlog.ts";
import { type OrderShards, openOrderShards } from "../../measuring/order-shards.ts";
import { isReady } from "../kill-and-recover.ts";
import { countOpenOrders } from "../open-orders.ts";

/** The most of each that is in hand while nothing is wrong. */
export type Normal = Pick<Backlog, "outboxRows" | "consumerLag">;

export interface RecoveryOptions {
  readonly state: () => Promise<StackState>;
  /** Number of processes that stack.json listed before. */
  readonly processes: number;
  readonly backlog: BacklogReader;
  readonly normal: Normal;
  /** Orders placed before this must be final. */
  readonly placedBefore: Date;
  readonly timeoutMs: number;
  /** Told what is still wrong. */
  readonly onWaiting: (wrong: string) => void;
}

const pollMs = 100;

/** Reads the backlog under steady load for a while. A moment's rush is normal too, so twice the most that was seen is. */
export async function observeNormal(backlog: BacklogReader, ms: number, perSecond: number): Promise<Normal> {
  const end = performance.now() + ms;
  let [outboxRows, consumerLag] = [0, 0];
  do {
    const now = await backlog.read();
    outboxRows = Math.max(outboxRows, now.outboxRows);
    consumerLag = Math.max(consumerLag, now.consumerLag);
    await delay(pollMs);
  } while (performance.now() < end);
  return { outboxRows: 2 * outboxRows + perSecond, consumerLag: 2 * consumerLag + perSecond };
}

/** Waits until the stack has recovered. Returns what is still wrong after the timeout; undefined when nothing is. */
export async function awaitRecovery(options: RecoveryOptions): Promise<string | undefined> {
  const { state, timeoutMs, onWaiting } = options;
  const deadline = performance.now() + timeoutMs;
  const orders = await openOrderShards((await state()).databases.shards);
  try {
    for (;;) {
      const wrong = await whatIsWrong(options, orders);
      if (wrong === undefined || performance.now() > deadline) return wrong;
      onWaiting(wrong);
      await delay(pollMs);
    }
  } finally {
    await orders.close();
  }
}

async function whatIsWrong(
  { state, processes, backlog, normal, placedBefore }: RecoveryOptions,
  orders: OrderShards,
): Promise<string | undefined> {
  const now = await state();
  if (now.processes.length !== processes) return `${processes - now.processes.length} processes are down`;
  if (!(await isReady(now))) return "not every process is ready";
  const open = await countOpenOrders(orders, placedBefore);
  if (open > 0) return `${open} orders from before are not final`;
  try {
    const left = await backlog.read();
    const caughtUp = left.outboxRows <= normal.outboxRows && left.consumerLag <= normal.consumerLag;
    return caughtUp
      ? undefined
      : `the backlog is ${describeBacklog(left)}; normal is ${describeBacklog({ ...left, ...normal })}`;
  } catch (error) {
    // A log that cannot be asked has not recovered.
    return `the backlog cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
