// The process of a consumer: what a service runs, with a handler that does nothing beside the inbox.
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import { type Consumer, defineHandler, startConsumer } from "@ordermesh/runtime/consumer";
import { openDatabase } from "@ordermesh/runtime/database";
import { openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { createOutbox } from "@ordermesh/runtime/outbox";
import { answerParent } from "../worker/answer-parent.ts";

export type ConsumerTask =
  | {
      readonly kind: "start";
      readonly databaseUrl: string;
      readonly eventLogUrl: string;
      readonly group: string;
      readonly topic: string;
    }
  | { readonly kind: "stop" };

let stop: (() => Promise<void>) | undefined;

async function start(task: Extract<ConsumerTask, { kind: "start" }>): Promise<void> {
  const { databaseUrl, eventLogUrl, group, topic } = task;
  const logger = createLogger({ name: "bench", instance: "consumer", level: "warn", destination: process.stderr });
  const database = openDatabase({ url: databaseUrl, name: "bench-consumer", logger });
  const log = await openEventLog({ url: eventLogUrl, clientId: "bench-consumer", logger });
  const handler = defineHandler({ messages: [OrderPlacedSchema], apply: () => Promise.resolve() });
  const consumer: Consumer = await startConsumer({
    database,
    log,
    // Nothing is emitted, so its relay need not run.
    outbox: createOutbox({ database, log, logger }),
    group,
    topics: [topic],
    handlers: [handler],
    logger,
  });
  stop = async () => {
    await consumer.stop();
    await log.close();
    await database.close();
  };
}

answerParent<ConsumerTask, "done">(async (task) => {
  if (task.kind === "start") await start(task);
  else await stop?.();
  return "done";
});
