// What the event log holds per order, gathered by reading each topic once.
import { inventoryTopic, ordersTopic, paymentsTopic } from "@ordermesh/proto/topics";
import type { EventLog, LogRecord } from "@ordermesh/runtime/event-log";

/** One event of an order, repeats left out. */
export interface LoggedEvent {
  /** Message name without its package, for example OrderPlaced. */
  readonly type: string;
  readonly eventId: string;
}

/** Events of one order in one topic, in the order of the log. */
export interface LoggedOrder {
  readonly orders: LoggedEvent[];
  readonly inventory: LoggedEvent[];
  readonly payments: LoggedEvent[];
  /** Partitions that hold its events, as `topic/partition`; more than one per topic breaks the order per key. */
  readonly partitions: string[];
}

export interface LogIndex {
  readonly byOrder: Map<string, LoggedOrder>;
  readonly records: number;
  /** Records that are no event of ours, as `topic/partition@offset`. */
  readonly unreadable: string[];
  /** Orders older than this may have lost events to retention; undefined when the log is complete. */
  readonly completeSince: Date | undefined;
}

export const topics = {
  orders: ordersTopic,
  inventory: inventoryTopic,
  payments: paymentsTopic,
} as const;

type TopicName = keyof typeof topics;

/** How a log numbers its records: one counter per partition, or one for all partitions of a topic. */
export type OffsetsPer = "partition" | "topic";

/** Reads the log up to its present end, without records appended after `until`. */
export async function indexLog(log: EventLog, until: Date, offsetsPer: OffsetsPer): Promise<LogIndex> {
  const index = { byOrder: new Map<string, LoggedOrder>(), records: 0, unreadable: [] as string[] };
  let completeSince: Date | undefined;
  for (const name of Object.keys(topics) as TopicName[]) {
    const firsts = new Map<number, LogRecord>();
    for await (const record of log.read(topics[name])) {
      if (!firsts.has(record.partition)) firsts.set(record.partition, record);
      if (record.appendTime > until) continue;
      index.records += 1;
      const type = record.headers["ce_type"];
      const eventId = record.headers["ce_id"];
      if (type === undefined || eventId === undefined) {
        index.unreadable.push(`${record.topic}/${record.partition}@${record.offset}`);
        continue;
      }
      note(orderOf(index.byOrder, record.key), name, record.partition, type.slice(type.lastIndexOf(".") + 1), eventId);
    }
    const since = keptSince([...firsts.values()], offsetsPer);
    if (since !== undefined && (completeSince === undefined || since > completeSince)) completeSince = since;
  }
  return { ...index, completeSince };
}

/**
 * Retention removes the oldest records: a partition, or a topic with one counter, is whole when its first record has
 * offset 0. Of what is not, the youngest of the first records that are left tells from when on nothing is missing.
 */
function keptSince(firsts: readonly LogRecord[], offsetsPer: OffsetsPer): Date | undefined {
  const cut = firsts.filter((record) => record.offset !== 0n);
  const whole = offsetsPer === "partition" ? cut.length === 0 : cut.length < firsts.length;
  if (whole || firsts.length === 0) return undefined;
  return new Date(Math.max(...cut.map((record) => record.appendTime.getTime())));
}

function orderOf(byOrder: Map<string, LoggedOrder>, id: string): LoggedOrder {
  let order = byOrder.get(id);
  if (order === undefined) {
    order = { orders: [], inventory: [], payments: [], partitions: [] };
    byOrder.set(id, order);
  }
  return order;
}

// A dozen names in all: sharing the strings keeps the index small.
const knownTypes = new Map<string, string>();
const knownPlaces = new Map<string, string>();
const shared = (pool: Map<string, string>, text: string): string => {
  const known = pool.get(text);
  if (known !== undefined) return known;
  pool.set(text, text);
  return text;
};

function note(order: LoggedOrder, name: TopicName, partition: number, type: string, eventId: string): void {
  const place = shared(knownPlaces, `${name}/${partition}`);
  if (!order.partitions.includes(place)) order.partitions.push(place);
  const events = order[name];
  // A relay that was killed may repeat an event; the inbox makes the second a no-op.
  if (events.some((event) => event.eventId === eventId)) return;
  events.push({ type: shared(knownTypes, type), eventId });
}
