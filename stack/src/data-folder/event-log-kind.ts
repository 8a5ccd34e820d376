import { UserError } from "../user-error.ts";
import type { Layout } from "./layout.ts";
import { readJsonFile, writePrivateFile } from "./private-file.ts";

/** Where a stack's events are: in its PostgreSQL, on Kafka brokers of its own, or on a cluster that runs elsewhere. */
export type EventLogKind = "embedded" | "kafka" | "external";

const names: Readonly<Record<EventLogKind, { readonly events: string; readonly start: string }>> = {
  embedded: { events: "in PostgreSQL (embedded)", start: "without --engines and --kafka" },
  kafka: { events: "on Kafka brokers of its own", start: "with --engines" },
  external: { events: "on a Kafka cluster elsewhere", start: "with --kafka" },
};

/**
 * Refuses to go on with another event log: orders in flight have their events in the first one. Of a cluster elsewhere
 * only the kind is compared, as its addresses may change, and any part of them leads to it.
 */
export async function checkEventLogKind(layout: Layout, wanted: EventLogKind): Promise<void> {
  const used = await usedKind(layout);
  if (used === undefined || used === wanted) return;
  throw new UserError(
    "EVENT_LOG_CHANGED",
    `the orders in ${layout.root} have their events ${names[used].events}, not ${names[wanted].events}, where those in ` +
      `flight would never be finished: start it ${names[used].start}, choose another folder with --data, or clear it ` +
      "with npm run reset",
  );
}

/** To be called before anything can write an event. */
export async function rememberEventLogKind(layout: Layout, kind: EventLogKind): Promise<void> {
  await writePrivateFile(layout.eventLog, JSON.stringify({ kind }));
}

async function usedKind(layout: Layout): Promise<EventLogKind | undefined> {
  const stored = (await readJsonFile(layout.eventLog)) as { kind: EventLogKind } | undefined;
  if (stored !== undefined) return stored.kind;
  // Folders from before there was a choice; without a catalogue they have no orders.
  return (await readJsonFile(layout.seeded)) === undefined ? undefined : "embedded";
}
