// The figures of a stack with several shards beside those of one with a single shard.
import { failedOrders, median, reportsOf, type Turn } from "../compare/run-in-turns.ts";
import type { LoadReport } from "../load/report.ts";

export type ShardsContender = "one" | "many";
/** At a fixed rate, and as fast as orders are answered. */
export type ShardsLoad = "steady" | "full";

/** Medians over the rounds. */
export interface ShardsFigures {
  readonly completedPerSecond: number;
  /** CPU milliseconds per completed order of services and databases, and of the databases alone. */
  readonly cpuMs: number;
  readonly databasesCpuMs: number;
  readonly commitsPerOrder: number;
  /** Milliseconds. */
  readonly acceptP50: number;
  readonly acceptP99: number;
  readonly finalP50: number;
  /** MB of services and databases. */
  readonly memoryMb: number;
}

export interface ShardsComparison {
  readonly one: ShardsFigures;
  readonly many: ShardsFigures;
  /** CPU per completed order, of many to one: the median of the rounds, each of which the machine met as it was. */
  readonly cpuRatio: number;
  /** The same of each round. */
  readonly cpuRatios: readonly number[];
}

export interface ShardsCost {
  readonly shards: number;
  readonly rate: number;
  readonly rounds: number;
  readonly steady: ShardsComparison;
  readonly full: ShardsComparison;
  /** Orders that were refused or failed, in all rounds. */
  readonly errors: number;
}

export function buildShardsCost(
  turns: readonly Turn<ShardsContender, ShardsLoad>[],
  run: Pick<ShardsCost, "shards" | "rate" | "rounds">,
): ShardsCost {
  const compare = (load: ShardsLoad): ShardsComparison => {
    const [one, many] = [reportsOf(turns, "one", load), reportsOf(turns, "many", load)];
    const cpuRatios = many.map((report, round) => Number((cpuMs(report) / cpuMs(one[round])).toFixed(3)));
    return { one: figuresOf(one), many: figuresOf(many), cpuRatio: median(cpuRatios), cpuRatios };
  };
  const { shards, rate, rounds } = run;
  const errors = failedOrders(turns.map(({ report }) => report));
  return { shards, rate, rounds, steady: compare("steady"), full: compare("full"), errors };
}

function figuresOf(reports: readonly LoadReport[]): ShardsFigures {
  const of = (read: (report: LoadReport) => number): number => median(reports.map(read));
  return {
    completedPerSecond: of(({ completedPerSecond }) => completedPerSecond),
    cpuMs: of(cpuMs),
    databasesCpuMs: of(databasesCpuMs),
    commitsPerOrder: of(({ commitsPerAcceptedOrder }) => commitsPerAcceptedOrder),
    acceptP50: of(({ acceptLatencyMs }) => acceptLatencyMs.p50),
    acceptP99: of(({ acceptLatencyMs }) => acceptLatencyMs.p99),
    finalP50: of(({ timeToFinalMs }) => timeToFinalMs?.p50 ?? Number.NaN),
    memoryMb: of(({ memoryMb }) => memoryMb.total),
  };
}

const cpuMs = (report: LoadReport | undefined): number => report?.cpuMsPerCompletedOrder.total ?? Number.NaN;

function databasesCpuMs({ cpuMsPerCompletedOrder: { byProcess } }: LoadReport): number {
  const servers = Object.entries(byProcess).filter(([name]) => name.startsWith("postgres"));
  return Number(servers.reduce((sum, [, ms]) => sum + ms, 0).toFixed(4));
}
