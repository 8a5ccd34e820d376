// The process in which our driver appends or consumes, and nothing else happens.
import { setTimeout as delay } from "node:timers/promises";
import { type EventLog, type EventRecord, openEventLog, readHeader } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { answerParent } from "../worker/answer-parent.ts";
import { sampleRecord } from "./sample-records.ts";

export type DriverTask =
  | { readonly kind: "open"; readonly url: string; readonly topic: string; readonly perAppend: number }
  /** Appends so many records, a few appends under way at a time, as the tool keeps its buffer filled. */
  | { readonly kind: "append"; readonly records: number }
  /** Reads so many records as a new group. */
  | { readonly kind: "consume"; readonly records: number; readonly group: string }
  | { readonly kind: "close" };

export interface DriverOutcome {
  readonly elapsedMs: number;
}

interface Opened {
  readonly log: EventLog;
  readonly topic: string;
  readonly records: readonly EventRecord[];
}

/** As many as the consumers of the services take in one batch. */
const maxRecords = 500;
const appendsUnderWay = 4;
let opened: Opened | undefined;

async function open({ url, topic, perAppend }: Extract<DriverTask, { kind: "open" }>): Promise<DriverOutcome> {
  const logger = createLogger({ name: "bench", instance: "driver", level: "warn", destination: process.stderr });
  const log = await openEventLog({ url, clientId: `bench-${process.pid}`, logger });
  opened = { log, topic, records: Array.from({ length: perAppend }, () => sampleRecord(topic)) };
  return { elapsedMs: 0 };
}

async function append({ log, records }: Opened, total: number): Promise<DriverOutcome> {
  const start = performance.now();
  let left = total;
  async function appendInTurn(): Promise<void> {
    while (left > 0) {
      const part = left < records.length ? records.slice(0, left) : records;
      left -= part.length;
      await log.append(part);
    }
  }
  await Promise.all(Array.from({ length: appendsUnderWay }, appendInTurn));
  return { elapsedMs: performance.now() - start };
}

async function consume({ log, topic }: Opened, group: string, total: number): Promise<DriverOutcome> {
  const all = Promise.withResolvers<number>();
  let first: number | undefined;
  let seen = 0;
  let bytes = 0;
  const subscription = await log.subscribe({
    group,
    topics: [topic],
    maxRecords,
    handle: async ({ records }) => {
      first ??= performance.now();
      for (const record of records) {
        // What every consumer looks at, and what the tool looks at.
        bytes += (readHeader(record, "ce_type")?.length ?? 0) + record.key.length + record.value.byteLength;
      }
      seen += records.length;
      if (seen >= total) all.resolve(performance.now());
    },
  });
  const joined = performance.now();
  const gaveUp = new AbortController();
  const silence = failWhenSilent(() => seen, gaveUp.signal);
  const last = await Promise.race([all.promise, silence]).finally(() => gaveUp.abort());
  await subscription.stop();
  if (bytes === 0) throw new Error("the records consumed were empty");
  return { elapsedMs: last - Math.min(first ?? joined, joined) };
}

const silenceMs = 20_000;

/** Rejects when nothing has come for a while: fewer records are there than were waited for. */
async function failWhenSilent(count: () => number, signal: AbortSignal): Promise<never> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await delay(silenceMs, undefined, { signal });
  }
  throw new Error(`only ${count()} records came, then none for ${silenceMs / 1000} s`);
}

answerParent<DriverTask, DriverOutcome>(async (task) => {
  if (task.kind === "open") return open(task);
  if (opened === undefined) throw new Error(`${task.kind}: the log is not open`);
  if (task.kind === "append") return append(opened, task.records);
  if (task.kind === "consume") return consume(opened, task.group, task.records);
  await opened.log.close();
  return { elapsedMs: 0 };
});
