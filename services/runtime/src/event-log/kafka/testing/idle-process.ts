import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { createLogger } from "../../../logging/index.ts";
import { openEventLog } from "../../open.ts";

// Prints how many times a second the event loop wakes in a process that is connected and has nothing to do. Given "log" it has an
// event log with a subscription; given "kafkajs" only an admin and a producer of kafkajs as it is.
const MEASURE_MS = 3_000;
const [, , what, broker = "", topic = ""] = process.argv;

async function openLog(): Promise<() => Promise<void>> {
  const logger = createLogger({ name: "idle", instance: "idle-1", level: "fatal" });
  const log = await openEventLog({ url: `kafka://${broker}`, clientId: "idle-1", logger });
  const keys = Array.from({ length: 32 }, (_, index) => `${index}`);
  await log.append(keys.map((key) => ({ topic, key, headers: {}, value: new Uint8Array([1]) })));
  const done = Promise.withResolvers<void>();
  let handled = 0;
  await log.subscribe({
    group: topic,
    topics: [topic],
    maxRecords: 100,
    async handle({ records }) {
      handled += records.length;
      if (handled === keys.length) done.resolve();
    },
  });
  await done.promise;
  if (!(await log.healthy())) throw new Error("the log is not healthy");
  return () => log.close();
}

async function openKafkajs(): Promise<() => Promise<void>> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  return async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  };
}

const close = await (what === "log" ? openLog() : openKafkajs());
const { loopCount } = performance.nodeTiming.uvMetricsInfo;
await delay(MEASURE_MS);
const wakes = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount;
console.log(String((wakes * 1_000) / MEASURE_MS));
await close();
