import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { EventLog, EventLogOptions, EventRecord, LogRecord, ReadOptions } from "../port.ts";

/** How the contract reaches one driver and the broker behind it. */
export interface EventLogHarness {
  /** What `openEventLog` needs in any process, beside a logger and a name. */
  readonly options: Omit<EventLogOptions, "logger" | "clientId">;
  open(clientId: string): Promise<EventLog>;
  /** Makes the broker treat the members of this client as gone, while they go on. */
  expireLeases(clientId: string): Promise<void>;
  /** Ends the broker at once, as a crash does, and starts it again. */
  restartBroker(): Promise<void>;
  stop(): Promise<void>;
}

/** Opens a log that is closed when the test is over. */
export async function openForTest(harness: EventLogHarness, clientId = `client-${randomUUID()}`): Promise<EventLog> {
  const log = await harness.open(clientId);
  onTestFinished(() => log.close());
  return log;
}

/** Names of their own for one test. */
export function freshNames(): { topic: string; group: string } {
  const suffix = randomUUID();
  return { topic: `topic-${suffix}`, group: `group-${suffix}` };
}

export function record(topic: string, key: string, text: string): EventRecord {
  return { topic, key, headers: { "content-type": "text/plain" }, value: new TextEncoder().encode(text) };
}

/** Records `0` to `count - 1` in order, spread over `keys` keys. */
export function numbered(topic: string, count: number, keys = 16, from = 0): EventRecord[] {
  return Array.from({ length: count }, (_, index) => record(topic, `key-${(from + index) % keys}`, `${from + index}`));
}

export function textOf({ value }: EventRecord): string {
  return new TextDecoder().decode(value);
}

export async function readAll(log: EventLog, topic: string, options?: ReadOptions): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const next of log.read(topic, options)) {
    found.push(next);
  }
  return found;
}

/** The texts per key, in the order in which they came. */
export function textsByKey(records: readonly LogRecord[]): Map<string, string[]> {
  const byKey = Map.groupBy(records, (found) => found.key);
  return new Map([...byKey].map(([key, list]) => [key, list.map(textOf)]));
}

/** The distinct texts as sorted numbers. */
export function numbersOf(records: readonly LogRecord[]): number[] {
  return [...new Set(records.map((found) => Number(textOf(found))))].sort((a, b) => a - b);
}

/** 0 to `count - 1`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
