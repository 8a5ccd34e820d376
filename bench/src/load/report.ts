// What a load run reports.
import type { Quiet } from "../measuring/backlog.ts";
import { describeBacklog } from "../measuring/backlog.ts";
import type { Usage } from "../measuring/usage.ts";
import type { Completion } from "./completion.ts";
import type { EventLatency } from "./event-latency.ts";
import type { Generated } from "./generate.ts";
import type { LoadOptions } from "./load.ts";

/** What the processes used. Kafka's brokers and the mesh's sidecars stand apart: they are what may be there or not. */
export interface Shares {
  /** Without brokers and sidecars. */
  readonly total: number;
  readonly brokers: number;
  readonly sidecars: number;
  readonly all: number;
  readonly byProcess: Readonly<Record<string, number>>;
}

export interface LoadReport {
  readonly runId: string;
  readonly clients: number;
  readonly seconds: number;
  readonly lines: number;
  readonly targetRate: number | null;
  readonly accepted: number;
  readonly acceptedPerSecond: number;
  readonly completed: number;
  /** Orders that reached CONFIRMED or CANCELLED while the load lasted. */
  readonly completedPerSecond: number;
  /** The same over the load and the drain after it. */
  readonly completedPerSecondWithDrain: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly acceptLatencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly timeToFinalMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** From a change of an order to the transactions that applied its event, in milliseconds; null when there was none. */
  readonly commitToConsumedMs: EventLatency | null;
  readonly errors: Readonly<Record<string, number>>;
  readonly commitsPerAcceptedOrder: number;
  /** Transactions of the bench itself, already subtracted. */
  readonly benchCommits: number;
  readonly cpuMsPerCompletedOrder: Shares;
  /** Not part of any sum above. It includes the supervisor when the bench started the stack itself. */
  readonly loadGeneratorCpuMsPerOrder: number;
  readonly generatorIsSupervisor: boolean;
  /** PostgreSQL's processes by their share (PSS), all others as resident (RSS). */
  readonly memoryMb: Shares;
  readonly drain: { readonly empty: boolean; readonly ms: number; readonly left: string };
  readonly baselinePerSecond: number;
  readonly acceptedToBaseline: number;
  /** Processes that ended while they were measured. */
  readonly lostProcesses: readonly string[];
  sustainablePerSecond?: number | null;
}

export interface LoadOutcome {
  readonly options: LoadOptions;
  readonly runId: string;
  readonly generated: Generated;
  readonly completion: Completion;
  readonly eventLatency: EventLatency | undefined;
  readonly usage: Usage & { readonly lost: readonly string[] };
  readonly commits: number;
  readonly ownCommits: number;
  readonly drainMs: number;
  readonly quiet: Quiet;
  readonly baselinePerSecond: number;
}

export function buildReport(outcome: LoadOutcome): LoadReport {
  const { options, runId, generated, completion, usage, commits, drainMs, quiet, baselinePerSecond } = outcome;
  const perSecond = (count: number, ms: number): number => round((count * 1000) / ms, 1);
  const perCompleted = (ms: number): number => (completion.completed === 0 ? 0 : round(ms / completion.completed, 4));
  const acceptedPerSecond = perSecond(generated.acceptedInWindow, generated.windowMs);
  const latency = (percentile: number): number => round(generated.latencyUs.getValueAtPercentile(percentile) / 1000, 2);
  return {
    runId,
    clients: options.clients,
    seconds: options.seconds,
    lines: options.lines,
    targetRate: options.rate ?? null,
    accepted: generated.accepted,
    acceptedPerSecond,
    completed: completion.completed,
    completedPerSecond: perSecond(completion.completedInWindow, generated.windowMs),
    completedPerSecondWithDrain: perSecond(completion.completed, generated.windowMs + drainMs),
    byStatus: completion.byStatus,
    acceptLatencyMs: {
      p50: latency(50),
      p95: latency(95),
      p99: latency(99),
      max: round(generated.latencyUs.maxValue / 1000, 2),
    },
    timeToFinalMs: completion.timeToFinalMs ?? null,
    commitToConsumedMs: outcome.eventLatency ?? null,
    errors: generated.errors,
    commitsPerAcceptedOrder: generated.accepted === 0 ? 0 : round(commits / generated.accepted, 3),
    benchCommits: outcome.ownCommits,
    cpuMsPerCompletedOrder: shares(usage.cpuMs, usage, perCompleted),
    loadGeneratorCpuMsPerOrder: perCompleted(usage.generatorCpuMs),
    generatorIsSupervisor: options.stack.pid === process.pid,
    memoryMb: shares(usage.memoryMb, usage, (mb) => round(mb, 0)),
    drain: { empty: quiet.quiet, ms: Math.round(drainMs), left: describeBacklog(quiet.left) },
    baselinePerSecond: round(baselinePerSecond, 1),
    acceptedToBaseline: round(acceptedPerSecond / baselinePerSecond, 3),
    lostProcesses: usage.lost,
  };
}

function shares(
  byProcess: Readonly<Record<string, number>>,
  apart: Pick<Usage, "brokers" | "sidecars">,
  show: (value: number) => number,
): Shares {
  const values = Object.entries(byProcess);
  const sum = (wanted: (name: string) => boolean): number =>
    values.reduce((total, [name, value]) => (wanted(name) ? total + value : total), 0);
  const isBroker = (name: string): boolean => apart.brokers.includes(name);
  const isSidecar = (name: string): boolean => apart.sidecars.includes(name);
  return {
    total: show(sum((name) => !isBroker(name) && !isSidecar(name))),
    brokers: show(sum(isBroker)),
    sidecars: show(sum(isSidecar)),
    all: show(sum(() => true)),
    byProcess: Object.fromEntries(values.map(([name, value]) => [name, show(value)])),
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
