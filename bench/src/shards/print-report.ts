// What shards cost, for people.
import Table from "cli-table3";
import type { ShardsComparison, ShardsCost, ShardsFigures } from "./shards-cost.ts";

const rows: readonly (readonly [title: string, figure: keyof ShardsFigures])[] = [
  ["completed orders per second", "completedPerSecond"],
  ["CPU-ms per completed order", "cpuMs"],
  ["of that the databases", "databasesCpuMs"],
  ["commits per accepted order", "commitsPerOrder"],
  ["accepted, p50 ms", "acceptP50"],
  ["accepted, p99 ms", "acceptP99"],
  ["final, p50 ms", "finalP50"],
  ["memory, MB", "memoryMb"],
];

export function formatShardsCost(cost: ShardsCost): string {
  const { shards, rate, rounds, steady, full, errors } = cost;
  return [
    `One shard and ${shards}, medians of ${rounds} rounds in turns.`,
    `At ${rate} orders/s:`,
    formatComparison(steady, shards),
    "As fast as orders are answered:",
    formatComparison(full, shards),
    `CPU per completed order with ${shards} shards to one: ${ratio(steady)} at ${rate}/s, ${ratio(full)} at full load.`,
    ...(errors === 0 ? [] : [`${errors} orders failed: the figures are not to be trusted.`]),
  ].join("\n");
}

/** With that of each round, which tells how much the machine changed meanwhile. */
const ratio = ({ cpuRatio, cpuRatios }: ShardsComparison): string => `${cpuRatio} (${cpuRatios.join(", ")})`;

function formatComparison({ one, many }: ShardsComparison, shards: number): string {
  const table = new Table({ head: ["", "1 shard", `${shards} shards`, "ratio"], style: { head: [], border: [] } });
  for (const [title, figure] of rows) {
    table.push([title, one[figure], many[figure], (many[figure] / one[figure]).toFixed(2)]);
  }
  return table.toString();
}
