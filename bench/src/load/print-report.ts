// A load run's report for people.
import Table from "cli-table3";
import { eventLatencyNote } from "./event-latency.ts";
import type { LoadReport } from "./report.ts";

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
  const apart = (["brokers", "sidecars"] as const).filter((kind) => memory[kind] > 0);
  processes.push([apart.length === 0 ? "total" : `total without ${apart.join(" and ")}`, cpu.total, memory.total]);
  for (const kind of apart) processes.push([kind, cpu[kind], memory[kind]]);
  if (apart.length > 0) processes.push(["all", cpu.all, memory.all]);
  processes.push([generator, report.loadGeneratorCpuMsPerOrder, ""]);
  const lost =
    report.lostProcesses.length === 0 ? [] : [`Not measured, because they ended: ${report.lostProcesses.join(", ")}`];
  return [figures.toString(), ...formatEventLatency(report), processes.toString(), ...lost].join("\n");
}

function formatEventLatency({ commitToConsumedMs: latency }: LoadReport): string[] {
  if (latency === null) return ["No event was consumed."];
  const table = new Table({
    head: ["commit to consumed", "events", "p50 ms", "p99 ms", "max ms"],
    style: { head: [], border: [] },
  });
  for (const [name, { events, p50, p99, max }] of [
    ...Object.entries(latency.byGroup),
    ["all", latency.overall] as const,
  ])
    table.push([name, events, p50, p99, max]);
  return [table.toString(), eventLatencyNote];
}
