// A load run: warm-up, measured load, drain, and the baseline, with everything that was used on the way.
import { randomBytes } from "node:crypto";
import type { StackState } from "@ordermesh/stack";
import { type BacklogReader, describeBacklog, openBacklogReader, waitUntilQuiet } from "../measuring/backlog.ts";
import { oneOfEachServer, readSettledCommits } from "../measuring/commits.ts";
import { type OrderShards, openOrderShards } from "../measuring/order-shards.ts";
import { startMeasuring } from "../measuring/usage.ts";
import type { Progress } from "../progress.ts";
import { measureBaseline } from "./baseline.ts";
import { readCompletion } from "./completion.ts";
import { readEventLatency } from "./event-latency.ts";
import { type Generated, generate } from "./generate.ts";
import { createBodyMaker, seededSkus } from "./order-request.ts";
import { buildReport, type LoadReport } from "./report.ts";

export interface LoadOptions {
  readonly stack: StackState;
  /** Those of the customers who order in turns; many, so that every shard has work. */
  readonly tokens: readonly string[];
  readonly clients: number;
  readonly seconds: number;
  readonly lines: number;
  /** Orders per second; as fast as they are answered when absent. */
  readonly rate?: number | undefined;
  /** Load before the measurement, so that compilers and caches are warm. */
  readonly warmupSeconds: number;
  readonly baselineSeconds: number;
  readonly baselineConnections: number;
  /** How long the backlog may take to become empty after the load. */
  readonly drainSeconds: number;
  readonly progress: Progress;
}

/** Runs the load against a running stack and reports what came of it. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const { stack, progress, drainSeconds } = options;
  const orders = await openOrderShards(stack.databases.shards);
  const backlog = await openBacklogReader(stack);
  try {
    if (options.warmupSeconds > 0) {
      await drive(options, newRunId(), options.warmupSeconds, "warm-up");
      await waitUntilQuiet(backlog, drainSeconds * 1000);
    }
    const measured = await measure(options, orders, backlog);
    progress.show(`baseline for ${options.baselineSeconds} s`);
    const baselinePerSecond = await baseline(options);
    progress.clear();
    return buildReport({ options, ...measured, baselinePerSecond });
  } finally {
    await Promise.all([orders.close(), backlog.close()]);
  }
}

/** Names a run; it is the client reference of its orders and the beginning of their idempotency keys. */
export const newRunId = (): string => `bench-${randomBytes(6).toString("hex")}`;

function drive(options: LoadOptions, runId: string, seconds: number, label: string): Promise<Generated> {
  const { stack, tokens, clients, lines, rate, progress } = options;
  return generate({
    origin: stack.gatewayUrl,
    tokens,
    clients,
    seconds,
    rate,
    runId,
    makeBody: createBodyMaker({ runId, lines, skus: seededSkus }),
    onProgress: ({ accepted, failed, elapsedMs }) => {
      const perSecond = Math.round((accepted * 1000) / elapsedMs);
      progress.show(
        `${label} ${Math.round(elapsedMs / 1000)}/${seconds} s: ${accepted} accepted, ${perSecond}/s, ${failed} errors`,
      );
    },
  });
}

async function measure(options: LoadOptions, orders: OrderShards, backlog: BacklogReader) {
  const { stack, progress, drainSeconds } = options;
  const runId = newRunId();
  const supervisor = { name: "supervisor", service: "supervisor", pid: stack.pid };
  // A stack that was started by this process has no supervisor of its own.
  const processes = stack.pid === process.pid ? stack.processes : [...stack.processes, supervisor];
  const servers = oneOfEachServer(stack.databases.shards, orders);
  const commitsBefore = await readSettledCommits(servers);
  const ownBefore = backlog.statements + orders.statements;
  const measurement = await startMeasuring(processes);
  const generated = await drive(options, runId, options.seconds, "load");
  const loadEndMs = Date.now();
  const quiet = await waitUntilQuiet(backlog, drainSeconds * 1000, {
    onReading: (left) => progress.show(`drain: ${describeBacklog(left)} left`),
  });
  const drainMs = Math.max(0, quiet.at.getTime() - loadEndMs);
  const usage = await measurement.end();
  const commits = (await readSettledCommits(servers)) - commitsBefore;
  const ownCommits = backlog.statements + orders.statements - ownBefore;
  const windowEndMs = generated.startMs + generated.windowMs;
  const completion = await readCompletion(orders, runId, generated.startMs, windowEndMs);
  progress.show("reading when events were consumed");
  const eventLatency = await readEventLatency(stack.databases, runId, generated.startMs);
  return {
    runId,
    generated,
    completion,
    eventLatency,
    usage,
    commits: commits - ownCommits,
    ownCommits,
    drainMs,
    quiet,
  };
}

/** What one database can do: the first shard's. */
async function baseline({ stack, baselineSeconds, baselineConnections }: LoadOptions): Promise<number> {
  const [{ url } = { url: "" }] = stack.databases.shards;
  return measureBaseline({ url, connections: baselineConnections, seconds: baselineSeconds });
}
