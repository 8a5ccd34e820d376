// The comparison of our Kafka driver with the broker's own tools, on a broker and a PostgreSQL made for it.
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KafkaInstallation, startKafkaCluster } from "@ordermesh/engines/kafka";
import { startEmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import type { Progress } from "../progress.ts";
import { releaseOnSignal } from "../release-on-signal.ts";
import { compareRates, type RateReport } from "./compare-rates.ts";
import { type CommitToConsumed, measureLatency } from "./measure-latency.ts";
import { openPerfTools } from "./perf-tools.ts";

export interface KafkaBenchSizes {
  readonly records: number;
  readonly repetitions: number;
  readonly rates: readonly number[];
  readonly warmupMs: number;
  readonly measuredMs: number;
}

export interface KafkaBenchOptions {
  readonly installation: KafkaInstallation;
  readonly sizes: KafkaBenchSizes;
  readonly progress: Progress;
}

export interface KafkaBenchReport extends RateReport {
  readonly kafkaVersion: string;
  readonly commitToConsumed: readonly CommitToConsumed[];
}

/** About two minutes on two cores. */
export const fullSizes: KafkaBenchSizes = {
  records: 300_000,
  repetitions: 3,
  rates: [200, 1_000],
  warmupMs: 3_000,
  measuredMs: 20_000,
};

/** To see that it runs. */
export const quickSizes: KafkaBenchSizes = {
  records: 20_000,
  repetitions: 1,
  rates: [200],
  warmupMs: 500,
  measuredMs: 1_500,
};

// The runs append more than a disk should have to keep: the oldest go, long after they were counted. What is consumed
// again and again is smaller than this.
const settings = {
  "log.retention.bytes": String(128 * 1024 * 1024),
  "log.segment.bytes": String(32 * 1024 * 1024),
  "log.retention.check.interval.ms": "1000",
  "log.segment.delete.delay.ms": "1000",
};

/** Stops and removes everything that it starts, also when a signal comes. */
export async function runKafkaBench({ installation, sizes, progress }: KafkaBenchOptions): Promise<KafkaBenchReport> {
  const tools = openPerfTools(installation);
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(releaseOnSignal({ release: () => cleanUp.disposeAsync() }));
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-bench-"));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
  // PostgreSQL runs under another account when root starts it, and has to walk through.
  await chmod(folder, 0o711);

  progress.show("starting a broker");
  const dataDir = join(folder, "kafka");
  const cluster = await startKafkaCluster({ dataDir, jvm: "throughput", settings });
  cleanUp.defer(() => cluster.stop());
  const [address] = cluster.addresses;
  const brokerPid = cluster.pidOf("kafka-1");
  if (address === undefined || brokerPid === undefined) throw new Error("the broker does not run");
  const rates = await compareRates({ ...sizes, url: cluster.url, address, brokerPid, tools, folder, progress });

  progress.show("starting PostgreSQL");
  const superPassword = randomBytes(18).toString("base64url");
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, "postgres"), port: 0, superPassword });
  cleanUp.defer(() => postgres.stop());
  const commitToConsumed = await measureLatency({ ...sizes, postgres, eventLogUrl: cluster.url, progress });
  progress.clear();
  return { kafkaVersion: installation.version, ...rates, commitToConsumed };
}
