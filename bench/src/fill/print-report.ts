// What a fill tells people.
import Table from "cli-table3";
import type { FillReport } from "./run-fill.ts";

/** How far it is, and when it will be done. */
export function describeFilling(written: number, orders: number, elapsedMs: number): string {
  const perSecond = (written * 1000) / elapsedMs;
  const leftSeconds = Math.ceil((orders - written) / perSecond);
  const part = Math.floor((100 * written) / orders);
  return `${part} %: ${written} of ${orders} orders, ${Math.round(perSecond)}/s, ${leftSeconds} s left`;
}

export function formatFill({ orders, elapsedMs, analyzeMs, byShard }: FillReport): string {
  const table = new Table({ head: ["shard", "orders", "database, MB"], style: { head: [], border: [] } });
  for (const { shard, orders: filled, sizeMb } of byShard) table.push([shard, filled, sizeMb]);
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const perSecond = Math.round((orders * 1000) / elapsedMs);
  return [
    table.toString(),
    `${orders} orders in ${seconds(elapsedMs)} s, ${perSecond}/s; of that ${seconds(analyzeMs)} s VACUUM ANALYZE.`,
    "They have neither payment, stock nor events: the audit of this stack is not clean any more.",
  ].join("\n");
}
