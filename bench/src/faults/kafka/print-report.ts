// The report of the faults of brokers and consumers, for people.
import Table from "cli-table3";
import { describeConclusion } from "../print-report.ts";
import type { KafkaFaultReport } from "./run-kafka-faults.ts";

export function formatKafkaFaults(report: KafkaFaultReport): string {
  const table = new Table({
    head: ["fault", "recovered after", "after the return", "slowest answer", "attempts repeated"],
    style: { head: [], border: [] },
  });
  for (const { scenario, wrong, recoverMs, afterReturnMs, slowestAnswerMs, retriedAttempts } of report.scenarios) {
    const recovery = wrong === null ? [`${recoverMs} ms`, `${afterReturnMs} ms`] : ["not recovered", ""];
    table.push([scenario, ...recovery, `${slowestAnswerMs} ms`, retriedAttempts]);
  }
  return [
    `${report.brokers} broker(s), ${report.perSecond} orders/s.`,
    table.toString(),
    "Recovered: every process is ready, outbox and consumer lag are as before, and every order placed before the return " +
      "is final.",
    ...describeConclusion(report),
  ].join("\n");
}
