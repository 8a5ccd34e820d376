// How long the events of a run took from the change that they announce to the transactions that applied them.
import { ordersTopic } from "@ordermesh/proto/topics";
import { consumerGroups, type DatabaseUrls, type ServiceName } from "@ordermesh/stack";
import { createLatencyRecorder, type Latency } from "../measuring/latency.ts";
import { type Observer, openObserver } from "../measuring/observer.ts";
import { openOrderShards, shownHere } from "../measuring/order-shards.ts";
import { idRange } from "./completion.ts";

export interface EventLatency {
  readonly overall: Latency;
  readonly byGroup: Readonly<Record<string, Latency>>;
}

/** What the figures contain, for people. */
export const eventLatencyNote =
  "Commit to consumed: from the time that the order service gives a change, in whole milliseconds, to the start of the " +
  "transaction in which a consumer applied it. It contains the commit of the change, outbox, relay, log and the wait for " +
  "the consumer's batch; both clocks are this machine's.";

// The key of the last row read leads to the next ones, so that neither side ever holds the whole run. Sorted by the
// columns and not by the texts of the same names: the statuses are in the order of the lifecycle, not of the alphabet.
const changesOfRun = `
  SELECT order_id::text, status::text, event_id::text, extract(epoch FROM time)::float8 * 1000 AS ms
  FROM order_change
  WHERE (order_id, status) > ($1::uuid, $2::order_status) AND order_id <= $3
    AND EXISTS (SELECT FROM orders WHERE id = order_id AND client_reference = $4) AND ${shownHere("order_id")}
  ORDER BY order_change.order_id, order_change.status LIMIT $5`;

const appliedBy = `
  SELECT event_id::text, extract(epoch FROM receive_time)::float8 * 1000 AS ms
  FROM inbox WHERE consumer_group = $1 AND event_id = ANY($2::uuid[])`;

interface Change extends Record<string, unknown> {
  readonly order_id: string;
  readonly status: string;
  readonly event_id: string;
  readonly ms: number;
}

/**
 * Reads the latencies of the orders of `runId` accepted from `startMs` on. Of each group those events count that it has
 * applied: not all want all of them. Undefined when none has.
 */
export async function readEventLatency(
  databases: DatabaseUrls,
  runId: string,
  startMs: number,
  rowsPerChunk = 5_000,
): Promise<EventLatency | undefined> {
  const overall = createLatencyRecorder();
  const groups = (Object.keys(consumerGroups) as ServiceName[])
    .filter((group) => group !== "order")
    .filter((group) => consumerGroups[group].includes(ordersTopic))
    .map((group) => ({ group, recorder: createLatencyRecorder() }));
  const shards = await openOrderShards(databases.shards);
  const inboxes = await Promise.all(groups.map(({ group }) => openObserver(databases[group])));
  try {
    for await (const changes of readChangesOf(shards.all, runId, startMs, rowsPerChunk)) {
      const changedAt = new Map(changes.map(({ event_id: id, ms }) => [id, ms]));
      await Promise.all(
        groups.map(async ({ group, recorder }, index) => {
          const rows = await inboxes[index]?.query<{ event_id: string; ms: number }>(appliedBy, [
            group,
            [...changedAt.keys()],
          ]);
          for (const { event_id: id, ms } of rows ?? []) {
            const took = ms - (changedAt.get(id) ?? ms);
            recorder.record(took);
            overall.record(took);
          }
        }),
      );
    }
  } finally {
    await Promise.all([shards, ...inboxes].map((opened) => opened.close()));
  }
  const total = overall.summary();
  if (total === undefined) return undefined;
  const entries = groups.flatMap(({ group, recorder }) => {
    const summary = recorder.summary();
    return summary === undefined ? [] : [[group, summary] as const];
  });
  return { overall: total, byGroup: Object.fromEntries(entries) };
}

/** One shard after the other. */
async function* readChangesOf(shards: readonly Observer[], ...run: Run): AsyncGenerator<Change[]> {
  for (const shard of shards) yield* readChanges(shard, ...run);
}

type Run = [runId: string, startMs: number, rowsPerChunk: number];

async function* readChanges(orders: Observer, ...[runId, startMs, rowsPerChunk]: Run): AsyncGenerator<Change[]> {
  // Clocks of one machine agree, but an order is named before it is written: leave some room.
  const [low, high] = idRange(startMs - 1000, Date.now() + 1000);
  let after: [id: string, status: string] = [low, "PENDING"];
  for (;;) {
    const changes = await orders.query<Change>(changesOfRun, [...after, high, runId, rowsPerChunk]);
    const last = changes.at(-1);
    if (last === undefined) return;
    yield changes;
    after = [last.order_id, last.status];
  }
}
