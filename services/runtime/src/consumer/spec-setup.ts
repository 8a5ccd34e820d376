import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { onTestFinished, vi } from "vitest";
import { type Database, openDatabase } from "../database/index.ts";
import { decodeRecords, type EventLog, type EventRecord, type LogRecord, openEventLog } from "../event-log/index.ts";
import { createEventEncoder, type EncodedEvent } from "../events/index.ts";
import { createLogger } from "../logging/index.ts";
import { createOutbox, type Outbox } from "../outbox/index.ts";
import { createTestDatabase } from "../testing/index.ts";
import { type Consumer, type ConsumerOptions, defineHandler, type EventHandler, startConsumer } from "./index.ts";

/** A service's database, an event log and an outbox without a running relay, for specs of consumers. */
export interface ConsumerBench {
  readonly database: Database;
  readonly log: EventLog;
  readonly outbox: Outbox;
  start(options: Partial<ConsumerOptions> & Pick<ConsumerOptions, "handlers">): Promise<Consumer>;
  /** Sets the group back to the beginning, as when offsets were never committed. Stop its members first. */
  forgetOffsets(): Promise<void>;
  /** Waits until the group has committed everything. */
  drained(): Promise<void>;
  /** What the handler of {@link noteEvents} has written, in order. */
  notes(): Promise<string[]>;
  outboxRecords(): Promise<EventRecord[]>;
  readAll(topic: string): Promise<LogRecord[]>;
}

export const TOPIC = "notes";
export const GROUP = "notes-group";

const TABLES = `
  CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, records text NOT NULL,
    record_count integer NOT NULL, create_time timestamptz NOT NULL DEFAULT now());
  CREATE TABLE inbox (consumer_group text NOT NULL, event_id uuid NOT NULL,
    receive_time timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (consumer_group, event_id));
  CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);`;

const encoder = createEventEncoder("/spec");

/** An event whose message is the text. */
export function noteEvent(body: string, key = body, id?: string): EncodedEvent {
  return encoder.encode(StringValueSchema, { value: body }, { topic: TOPIC, key, id, time: new Date(0) });
}

/** Writes each event's text into the note table; `before` may object to some. */
export function noteEvents(
  before: (bodies: readonly string[], ids: readonly string[]) => void = () => {},
): EventHandler {
  return defineHandler({
    messages: [StringValueSchema],
    async apply(events, tx, context) {
      const bodies = events.map((event) => event.message.value);
      await tx.query("INSERT INTO note (body) SELECT unnest($1::text[])", [bodies]);
      for (const body of bodies) {
        context.emit({ ...noteEvent(`${body} seen`), topic: "seen" });
      }
      before(
        bodies,
        events.map((event) => event.id),
      );
    },
  });
}

export async function openConsumerBench(): Promise<ConsumerBench> {
  const logger = createLogger({ name: "consumer", instance: "spec", level: "silent" });
  const stores = await Promise.all([createTestDatabase("consumer"), createTestDatabase("log")]);
  const database = openDatabase({ url: stores[0].url, poolSize: 3, name: "spec", logger });
  const log = await openEventLog({ url: stores[1].url, clientId: "spec", logger });
  const outbox = createOutbox({ database, log, logger });
  await database.pool.query(TABLES);
  onTestFinished(async () => {
    await outbox.stop();
    await log.close();
    await database.close();
    await Promise.all(stores.map((store) => store.drop()));
  });

  async function readAll(topic: string): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for await (const record of log.read(topic)) {
      found.push(record);
    }
    return found;
  }

  return {
    database,
    log,
    outbox,
    readAll,
    start: (options) => startConsumer({ database, log, outbox, logger, group: GROUP, topics: [TOPIC], ...options }),
    async forgetOffsets() {
      const store = openDatabase({ url: stores[1].url, poolSize: 1, name: "spec", logger });
      await store.pool.query("UPDATE log_offset SET next_offset = 0");
      await store.close();
    },
    drained: () =>
      vi.waitFor(
        async () => {
          if ((await log.lag(GROUP, [TOPIC])) > 0n) {
            throw new Error("the group has not committed everything");
          }
        },
        { timeout: 20_000, interval: 20 },
      ),
    async notes() {
      const { rows } = await database.pool.query<{ body: string }>("SELECT body FROM note ORDER BY id");
      return rows.map((row) => row.body);
    },
    async outboxRecords() {
      const { rows } = await database.pool.query<{ records: string }>("SELECT records FROM outbox ORDER BY id");
      return rows.flatMap((row) => decodeRecords(row.records));
    },
  };
}
