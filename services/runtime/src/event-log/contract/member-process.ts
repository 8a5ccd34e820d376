import { createLogger } from "../../logging/index.ts";
import { openEventLog } from "../open.ts";
import type { EventLogOptions } from "../port.ts";

// The program behind spawnMember: prints "subscribed", then the size of every batch that it handled.
interface Task {
  readonly options: Omit<EventLogOptions, "logger">;
  readonly group: string;
  readonly topic: string;
}

const { options, group, topic } = JSON.parse(process.argv[2] ?? "") as Task;
const logger = createLogger({ name: "member", instance: options.clientId, level: "error" });
const log = await openEventLog({ ...options, logger });
await log.subscribe({
  group,
  topics: [topic],
  maxRecords: 20,
  handle: async ({ records }) => console.log(String(records.length)),
});
console.log("subscribed");
