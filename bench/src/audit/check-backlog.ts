// Invariant 5: no outbox row older than a bound; no dead letter unaccounted for.
import { listDeadLetters } from "@ordermesh/runtime/dead-letters";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Report } from "./findings.ts";
import { topics } from "./log-index.ts";
import type { Snapshots } from "./open-snapshots.ts";

const oldRows = `
  SELECT id::text, record_count, extract(epoch FROM clock_timestamp() - create_time)::float8 AS age_s
  FROM outbox WHERE create_time < $1 ORDER BY id LIMIT 1000`;

/** Reports outbox rows that were written before `oldest`. */
export async function checkOutboxes(snapshots: Snapshots, oldest: Date, report: Report): Promise<void> {
  const { order, payment, inventory, notification } = snapshots;
  const shards = order.shards.map(({ name, snapshot }) => [`order/${name}`, snapshot] as const);
  for (const [service, snapshot] of [...shards, ...Object.entries({ payment, inventory, notification })]) {
    const rows = await snapshot.query<{ id: string; record_count: number; age_s: number }>(oldRows, [oldest]);
    for (const { id, record_count: count, age_s: age } of rows) {
      report(5, "outbox-row-too-old", `${service}/${id}`, `${count} events wait for ${age.toFixed(1)} s`);
    }
  }
}

/** Reports dead letters that nobody has redriven. */
export async function checkDeadLetters(log: EventLog, report: Report): Promise<void> {
  for (const letter of await listDeadLetters(log, { topics: Object.values(topics) })) {
    const { id, eventType = "an event", key, attempts, reason } = letter;
    report(5, "dead-letter", id, `${eventType} of ${key}, given up after ${attempts} attempts: ${reason}`);
  }
}
