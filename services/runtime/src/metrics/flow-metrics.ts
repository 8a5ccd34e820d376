import { Gauge, type Metric, Registry } from "prom-client";
import type { EventLog } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { deadLetters } from "./dead-letters.ts";

export interface FlowMetricsOptions {
  readonly log: Pick<EventLog, "lag" | "healthy">;
  /** The outbox of each database of the service, by the name of the database's part in it. */
  readonly stores: readonly { readonly name: string; readonly outbox: Pick<Outbox, "lag" | "isLeader"> }[];
  /** The consumer groups of the process and what they read; asked anew for every scrape. */
  consumptions(): readonly { readonly group: string; readonly topics: readonly string[] }[];
  readonly logger: Logger;
  /** What the service itself counts. */
  readonly own?: readonly Metric[];
}

export interface FlowMetrics {
  readonly contentType: string;
  /** The text of a scrape (Prometheus exposition format). Never rejects: what cannot be read now is left out. */
  text(): Promise<string>;
}

/** How far events wait on their way through a service: in its outboxes and in front of its consumers. */
export function createFlowMetrics(options: FlowMetricsOptions): FlowMetrics {
  const { log, stores, consumptions, logger, own = [] } = options;
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const up = gauge("ordermesh_event_log_up", "1 while the event log answers, else 0.");
  const lag = gauge(
    "ordermesh_consumer_lag_records",
    "Records of a topic that the group has not committed yet, whichever process of the service owns them.",
    ["group", "topic"],
  );
  const waiting = gauge("ordermesh_outbox_rows", "Commits whose events are not in the event log yet.", ["store"]);
  const age = gauge("ordermesh_outbox_oldest_seconds", "Age of the oldest of them; 0 when none waits.", ["store"]);
  const leader = gauge("ordermesh_outbox_leader", "1 in the process that publishes the outbox, else 0.", ["store"]);
  for (const metric of [deadLetters, ...own]) registry.registerMetric(metric);

  async function readLog(): Promise<void> {
    const healthy = await log.healthy();
    up.set(healthy ? 1 : 0);
    lag.reset();
    if (!healthy) return;
    for (const { group, topics } of consumptions()) {
      for (const topic of topics) lag.set({ group, topic }, Number(await log.lag(group, [topic])));
    }
  }

  async function readOutbox({ name, outbox }: FlowMetricsOptions["stores"][number]): Promise<void> {
    const store = { store: name };
    leader.set(store, outbox.isLeader() ? 1 : 0);
    waiting.remove(store);
    age.remove(store);
    const { rows, oldestMs } = await outbox.lag();
    waiting.set(store, rows);
    age.set(store, oldestMs / 1000);
  }

  return {
    contentType: registry.contentType,
    async text() {
      const readings = await Promise.allSettled([readLog(), ...stores.map(readOutbox)]);
      for (const reading of readings) {
        if (reading.status === "rejected") logger.warn({ err: reading.reason }, "metrics: a part cannot be read now");
      }
      return registry.metrics();
    },
  };
}
