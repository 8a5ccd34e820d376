// The plans for people.
import Table from "cli-table3";
import { readsAll } from "./read-plan.ts";
import type { PlansReport } from "./run-plans.ts";

export function formatPlans({ shard, rows, queries }: PlansReport): string {
  const table = new Table({ head: ["to", "reads", "by", "rows expected"], style: { head: [], border: [] } });
  for (const { purpose, statements } of queries) {
    const accesses = statements.flatMap((statement) => statement.accesses);
    const column = (cell: (access: (typeof accesses)[number]) => string): string => accesses.map(cell).join("\n");
    table.push([
      purpose,
      column((access) => access.table) || "nothing, it only writes",
      column((access) => (access.index === undefined ? access.scan : `${access.scan}, ${access.index}`)),
      column((access) => String(access.rows)),
    ]);
  }
  const sizes = Object.entries(rows).map(([name, count]) => `${name} ${Math.round(count)}`);
  const whole = queries.filter(({ statements }) => statements.some(({ accesses }) => accesses.some(readsAll)));
  return [
    `${shard}: ${sizes.join(", ")} rows.`,
    table.toString(),
    whole.length === 0
      ? "No table is read from end to end."
      : `Read from end to end: ${whole.map(({ purpose }) => purpose).join("; ")}.`,
  ].join("\n");
}
