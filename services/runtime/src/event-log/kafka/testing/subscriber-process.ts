import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { createLogger } from "../../../logging/index.ts";
import { openEventLog } from "../../open.ts";
import type { SubscriberReport, SubscriberTask } from "./spawn-subscriber.ts";

// The program behind spawnSubscriber: reports on standard output, a line of JSON each.
const { url, clientId, group, topic, maxRecords, holdFirst, batchMs } = JSON.parse(
  process.argv[2] ?? "",
) as SubscriberTask;
const report = (line: SubscriberReport) => console.log(JSON.stringify(line));
const log = await openEventLog({
  url,
  clientId,
  logger: createLogger({ name: "subscriber", instance: clientId, level: "error" }),
});

let held = !holdFirst;
await log.subscribe({
  group,
  topics: [topic],
  maxRecords,
  async handle({ records, signal }) {
    const { heapUsed, external } = process.memoryUsage();
    report({ numbers: records.map(({ value }) => Number(Buffer.from(value).toString())), memory: heapUsed + external });
    if (held) {
      await delay(batchMs);
      return;
    }
    held = true;
    signal.addEventListener("abort", () => report({ aborted: true }));
    await once(process.stdin, "data");
    report({ released: true });
  },
});
report({ subscribed: true });
