// How much work a stack still has in hand: what must be nothing before everything is settled.
import { setTimeout as delay } from "node:timers/promises";
import { openEventLog, parseEventLogUrl } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { consumerGroups, type PlatformUrls } from "@ordermesh/stack";
import { openObserver } from "./observer.ts";
import { type OrderShards, openOrderShards, shownHere } from "./order-shards.ts";

export interface Backlog {
  readonly pendingOrders: number;
  /** Commits whose events are not yet in the log. */
  readonly outboxRows: number;
  /** Events that wait for a shard that was away. */
  readonly parkedEvents: number;
  /** Records of the log that their consumer groups have not yet committed, summed over groups. */
  readonly consumerLag: number;
  /** What the payment provider has still to be asked. */
  readonly providerWork: number;
}

export interface BacklogReader {
  /** Statements sent to PostgreSQL so far, each a transaction of its own. */
  readonly statements: number;
  read(): Promise<Backlog>;
  close(): Promise<void>;
}

export const isEmpty = (backlog: Backlog): boolean => Object.values(backlog).every((count) => count === 0);

/** For people: what is left, the empty parts left out. */
export const describeBacklog = (backlog: Backlog): string =>
  Object.entries(backlog)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ") || "nothing";

const outbox = "(SELECT count(*) FROM outbox)::float8 AS outbox";
// Both counts are read from partial indexes that hold only work in flight, so a large database answers as fast.
const orders = `
  SELECT ${outbox}, (SELECT count(*) FROM orders WHERE status = 'PENDING' AND ${shownHere("id")})::float8 AS open,
         (SELECT count(*) FROM parked_event)::float8 AS parked`;
const payments = `SELECT ${outbox}, (SELECT count(*) FROM payment_operation WHERE status = 'PENDING')::float8 AS open`;
const onlyOutbox = `SELECT ${outbox}, 0::float8 AS open`;

interface Counts extends Record<string, unknown> {
  readonly outbox: number;
  readonly open: number;
  /** Only of shards. */
  readonly parked?: number;
}

type Asked = Pick<OrderShards, "query">;

export async function openBacklogReader({ databases, eventLogUrl }: PlatformUrls): Promise<BacklogReader> {
  const order = await openOrderShards(databases.shards);
  const payment = await openObserver(databases.payment);
  const inventory = await openObserver(databases.inventory);
  const notification = await openObserver(databases.notification);
  const observers = [order, payment, inventory, notification];
  const logger = createLogger({ name: "bench", instance: "bench", level: "error" });
  const log = await openEventLog({ url: eventLogUrl, clientId: "bench", logger });
  // Only a log in PostgreSQL is read by statements.
  const statementsPerLag = parseEventLogUrl(eventLogUrl).driver === "embedded" ? 1 : 0;
  let lagStatements = 0;
  const readLag = async (): Promise<number> => {
    const lags = await Promise.all(
      Object.entries(consumerGroups).map(([group, topics]) => {
        lagStatements += statementsPerLag;
        return log.lag(group, topics);
      }),
    );
    return lags.reduce((sum, lag) => sum + Number(lag), 0);
  };
  return {
    get statements() {
      return observers.reduce((sum, observer) => sum + observer.statements, lagStatements);
    },
    read: async () => {
      const [ofOrder, ofPayment, ofInventory, ofNotification, consumerLag] = await Promise.all([
        count(order, orders),
        count(payment, payments),
        count(inventory, onlyOutbox),
        count(notification, onlyOutbox),
        readLag(),
      ]);
      return {
        pendingOrders: ofOrder.open,
        outboxRows: ofOrder.outbox + ofPayment.outbox + ofInventory.outbox + ofNotification.outbox,
        parkedEvents: ofOrder.parked,
        consumerLag,
        providerWork: ofPayment.open,
      };
    },
    close: async () => {
      await Promise.all([log.close(), ...observers.map((observer) => observer.close())]);
    },
  };
}

/** Summed over the shards where there are several. */
async function count(asked: Asked, text: string): Promise<Record<"outbox" | "open" | "parked", number>> {
  const total = { outbox: 0, open: 0, parked: 0 };
  for (const { outbox, open, parked = 0 } of await asked.query<Counts>(text)) {
    total.outbox += outbox;
    total.open += open;
    total.parked += parked;
  }
  return total;
}

export interface Quiet {
  readonly quiet: boolean;
  /** When the first of the empty readings was taken; the time of giving up otherwise. */
  readonly at: Date;
  readonly left: Backlog;
}

/** The databases are not read at one instant: an event may hop behind the reader's back once, hardly three times. */
const emptyReadings = 3;

/** Waits until the backlog is empty, or until `timeoutMs` have passed. */
export async function waitUntilQuiet(
  reader: BacklogReader,
  timeoutMs: number,
  { intervalMs = 100, onReading }: { intervalMs?: number; onReading?: (backlog: Backlog) => void } = {},
): Promise<Quiet> {
  const giveUpAt = performance.now() + timeoutMs;
  let empty = 0;
  let since = new Date();
  for (;;) {
    const at = new Date();
    const backlog = await reader.read();
    onReading?.(backlog);
    if (!isEmpty(backlog)) empty = 0;
    else {
      if (empty === 0) since = at;
      empty += 1;
      if (empty === emptyReadings) return { quiet: true, at: since, left: backlog };
    }
    if (performance.now() > giveUpAt) return { quiet: false, at, left: backlog };
    await delay(intervalMs);
  }
}
