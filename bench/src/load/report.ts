// What a load run reports: the figures as JSON, and the same for people.
import Table from "cli-table3";
import type { Quiet } from "../measuring/backlog.ts";
import { describeBacklog } from "../measuring/backlog.ts";
import type { Usage } from "../measuring/usage.ts";
import type { Completion } from "./completion.ts";
import type { Generated } from "./generate.ts";
import type { LoadOptions } from "./load.ts";

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
  readonly errors: Readonly<Record<string, number>>;
  readonly commitsPerAcceptedOrder: number;
  /** Transactions of the bench itself, already subtracted. */
  readonly benchCommits: number;
  readonly cpuMsPerCompletedOrder: { readonly total: number; readonly byProcess: Readonly<Record<string, number>> };
  /** Not part of the total above. It includes the supervisor when the bench started the stack itself. */
  readonly loadGeneratorCpuMsPerOrder: number;
  readonly generatorIsSupervisor: boolean;
  readonly memoryMb: { readonly total: number; readonly byProcess: Readonly<Record<string, number>> };
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
    errors: generated.errors,
    commitsPerAcceptedOrder: generated.accepted === 0 ? 0 : round(commits / generated.accepted, 3),
    benchCommits: outcome.ownCommits,
    cpuMsPerCompletedOrder: { total: perCompleted(sum(usage.cpuMs)), byProcess: mapValues(usage.cpuMs, perCompleted) },
    loadGeneratorCpuMsPerOrder: perCompleted(usage.generatorCpuMs),
    generatorIsSupervisor: options.stack.pid === process.pid,
    memoryMb: { total: round(sum(usage.memoryMb), 0), byProcess: mapValues(usage.memoryMb, (mb) => round(mb, 0)) },
    drain: { empty: quiet.quiet, ms: Math.round(drainMs), left: describeBacklog(quiet.left) },
    baselinePerSecond: round(baselinePerSecond, 1),
    acceptedToBaseline: round(acceptedPerSecond / baselinePerSecond, 3),
    lostProcesses: usage.lost,
  };
}

/** The figures as a table. */
export function formatLoad(report: LoadReport): string {
  const { acceptLatencyMs: accept, timeToFinalMs: final, cpuMsPerCompletedOrder: cpu, memoryMb: memory } = report;
  const figures = new Table({ style: { head: [], border: [] } });
  const errors = Object.entries(report.errors).map(([code, count]) => `${code} ${count}`);
  const statuses = Object.entries(report.byStatus).map(([status, count]) => `${status} ${count}`);
  const { drain } = report;
  figures.push(
    ["accepted", `${report.acceptedPerSecond}/s (${report.accepted})`],
    [
      "completed",
      `${report.completedPerSecond}/s, ${report.completedPerSecondWithDrain}/s with the drain (${statuses.join(", ")})`,
    ],
    ["accept latency", `p50 ${accept.p50}, p95 ${accept.p95}, p99 ${accept.p99}, max ${accept.max} ms`],
    ["time to final", final === null ? "none completed" : `p50 ${final.p50}, p99 ${final.p99}, max ${final.max} ms`],
    ["errors", errors.join(", ") || "none"],
    ["commits per accepted order", `${report.commitsPerAcceptedOrder} (without ${report.benchCommits} of the bench)`],
    [
      "backlog after the load",
      drain.empty ? `empty after ${drain.ms} ms` : `not empty after ${drain.ms} ms: ${drain.left}`,
    ],
    ["baseline", `${report.baselinePerSecond}/s`],
    ["accepted to baseline", report.acceptedToBaseline],
  );
  if (report.sustainablePerSecond !== undefined) {
    figures.push(["sustainable", `${report.sustainablePerSecond ?? "none found"}/s with time to final p99 under 1 s`]);
  }
  const generator = report.generatorIsSupervisor ? "load generator and supervisor, apart" : "load generator, apart";
  const processes = new Table({
    head: ["process", "CPU-ms per completed order", "MB"],
    style: { head: [], border: [] },
  });
  for (const [name, ms] of Object.entries(cpu.byProcess)) processes.push([name, ms, memory.byProcess[name] ?? 0]);
  processes.push(["total", cpu.total, memory.total], [generator, report.loadGeneratorCpuMsPerOrder, ""]);
  const lost =
    report.lostProcesses.length === 0 ? [] : [`Not measured, because they ended: ${report.lostProcesses.join(", ")}`];
  return [figures.toString(), processes.toString(), ...lost].join("\n");
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const sum = (values: Readonly<Record<string, number>>): number => Object.values(values).reduce((a, b) => a + b, 0);
const mapValues = (
  values: Readonly<Record<string, number>>,
  change: (value: number) => number,
): Record<string, number> => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
