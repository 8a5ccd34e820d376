import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { expect, onTestFinished, test, vi } from "vitest";
import { startConsumer } from "../../consumer/index.ts";
import { GROUP, noteEvent, noteEvents, TOPIC } from "../../consumer/spec-setup.ts";
import { openDatabase } from "../../database/index.ts";
import { createLogger } from "../../logging/index.ts";
import { createOutbox } from "../../outbox/index.ts";
import { createTestDatabase } from "../../testing/index.ts";
import { openEventLog } from "../open.ts";
import { startTestCluster } from "./testing/test-cluster.ts";

const TABLES = `
  CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, records text NOT NULL,
    record_count integer NOT NULL, create_time timestamptz NOT NULL DEFAULT now());
  CREATE TABLE inbox (consumer_group text NOT NULL, event_id uuid NOT NULL,
    receive_time timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (consumer_group, event_id));
  CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);`;

async function openBench() {
  const cluster = await startTestCluster();
  onTestFinished(() => cluster.remove());
  const logger = createLogger({ name: "consumer", instance: "spec", level: "silent" });
  const store = await createTestDatabase("repeats");
  onTestFinished(() => store.drop());
  const database = openDatabase({ url: store.url, poolSize: 3, name: "spec", logger });
  onTestFinished(() => database.close());
  await database.pool.query(TABLES);
  const log = await openEventLog({ url: cluster.url, clientId: "spec", logger });
  onTestFinished(() => log.close());
  const outbox = createOutbox({ database, log, logger });
  onTestFinished(() => outbox.stop());
  const options = { database, log, outbox, logger, group: GROUP, topics: [TOPIC], handlers: [noteEvents()] };
  return {
    cluster,
    log,
    start: () => startConsumer(options),
    drained: () =>
      vi.waitFor(async () => expect(await log.lag(GROUP, [TOPIC])).toBe(0n), { timeout: 20_000, interval: 20 }),
    async notes() {
      const { rows } = await database.pool.query<{ body: string }>("SELECT body FROM note ORDER BY body");
      return rows.map((row) => row.body);
    },
  };
}

test("an event that is appended twice, and events whose offsets were forgotten, are applied once", async () => {
  const { cluster, log, start, drained, notes } = await openBench();
  const id = randomUUID();
  await log.append([noteEvent("a", "key", id), noteEvent("b", "key"), noteEvent("a", "key", id)]);
  const consumer = await start();
  await drained();
  expect(await notes()).toEqual(["a", "b"]);
  await log.append([noteEvent("a", "key", id), noteEvent("c", "key")]);
  await drained();
  expect(await notes()).toEqual(["a", "b", "c"]);
  await consumer.stop();

  const admin = new Kafka({ brokers: [...cluster.addresses], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  await admin.resetOffsets({ groupId: GROUP, topic: TOPIC, earliest: true });
  expect(await log.lag(GROUP, [TOPIC])).toBe(5n);
  await start();
  await drained();
  expect(await notes()).toEqual(["a", "b", "c"]);
});
