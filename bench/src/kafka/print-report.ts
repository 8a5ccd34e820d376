// The report of the Kafka bench for people.
import Table from "cli-table3";
import type { Comparison, Figures } from "./figures.ts";
import type { KafkaBenchReport } from "./run-kafka-bench.ts";

export function formatKafkaBench(report: KafkaBenchReport): string {
  const { recordBytes, recordsPerRun, repetitions, compression } = report;
  const rates = new Table({
    head: ["", "records/s", "of the tool", "client µs/record", "broker µs/record"],
    style: { head: [], border: [] },
  });
  const add = (title: string, figures: Figures, percent: string): void => {
    const { recordsPerSecond, clientUsPerRecord, brokerUsPerRecord } = figures;
    rates.push([title, recordsPerSecond, percent, clientUsPerRecord, brokerUsPerRecord]);
  };
  const addAll = (what: string, tool: string, comparison: Comparison): void => {
    add(`${what}: ${tool}`, comparison.tool, "");
    for (const { processes, percentOfTool, ...figures } of comparison.ours) {
      add(`${what}: ours, ${processes === 1 ? "1 process" : `${processes} processes`}`, figures, `${percentOfTool} %`);
    }
  };
  addAll("produce", "ProducerPerformance", report.produce);
  addAll("consume", "ConsumerPerformance", report.consume);

  const latencies = new Table({
    head: ["commit to consumed", "committed/s", "p50 ms", "p99 ms", "max ms"],
    style: { head: [], border: [] },
  });
  for (const { targetPerSecond, committedPerSecond, p50, p99, max } of report.commitToConsumed)
    latencies.push([`${targetPerSecond} orders/s`, committedPerSecond, p50, p99, max]);
  return [
    `Kafka ${report.kafkaVersion}, one broker; OrderPlaced of two lines, ${recordBytes} bytes with key and headers; ` +
      `compression ${compression}; ${recordsPerRun} records a run, medians of ${repetitions}, by turns.`,
    rates.toString(),
    "Every run is a fresh process. Ours appends 2,000 records at a time, four appends under way; " +
      "the tool's CPU is without the start of its virtual machine.",
    latencies.toString(),
    "From an acknowledged commit to the start of the transaction in which a consumer in another process applied its event.",
  ].join("\n");
}
