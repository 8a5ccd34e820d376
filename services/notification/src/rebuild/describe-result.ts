import { kindOfNumber } from "../store/kind-number.ts";
import type { RebuildResult } from "./rebuild-store.ts";

/** What a rebuild has done, for people, one line each. No line holds an address. */
export function describeResult({ read, messages, lost, takeover, differences }: RebuildResult): string[] {
  const lines = [`${read.records} records read`];
  if (read.poison > 0) lines.push(`${read.poison} skipped: the service could not apply them either (dead letters)`);
  if (read.tooOld > 0) lines.push(`${read.tooOld} skipped: older than messages are kept`);
  if (differences !== undefined) {
    const { "only live": live, "only rebuilt": rebuilt, differs } = differences.counts;
    lines.push(`${messages} messages compared: ${live} only live, ${rebuilt} only rebuilt, ${differs} differ`);
    for (const { orderId, kind, sort, columns } of differences.first) {
      lines.push(
        `  order ${orderId} ${kindOfNumber(kind)}: ${sort}${columns.length > 0 ? ` in ${columns.join(", ")}` : ""}`,
      );
    }
    if (differences.counts["only live"] + rebuilt + differs > differences.first.length) lines.push("  …");
  }
  if (takeover !== undefined) {
    const { waiting, pauseMs, tries } = takeover;
    if (waiting > 0)
      lines.push(`${waiting} events left to the service: it has yet to apply them, or they are dead letters`);
    if (lost > 0) lines.push(`${lost} messages given up that the log does not hold`);
    const turn = tries === 1 ? "" : ` at try ${tries}`;
    lines.push(`swapped in: ${messages} messages; writers waited at most ${Math.ceil(pauseMs)} ms${turn}`);
  }
  return lines;
}
