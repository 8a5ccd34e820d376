// What the mover says while it works, and at the end.
import { formatBuckets } from "./bucket-ranges.ts";
import { LEASE_MS } from "./fence.ts";
import type { MoveSummary } from "./move-buckets.ts";
import type { MoveReport } from "./move-context.ts";
import type { MoveRecord, StepName } from "./move-record.ts";

const RANGES_SHOWN = 6;
const BAR_WIDTH = 30;
/** How often progress is told where lines stay. */
const LINE_MS = 2_000;

const does: Readonly<Record<StepName | "abort", string>> = {
  plan: "reserving the buckets at the target",
  capture: "capturing changes from now on",
  copy: "copying",
  "catch-up": "copying what changed meanwhile",
  verify: "comparing both sides",
  fence: "waiting for a good moment to stop writes",
  drain: "writes wait: last changes follow",
  switch: "switching",
  activate: "the target takes over",
  clean: "cleaning up",
  abort: "taking everything back",
};

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Lines for people: a bar where the output is a terminal. */
export function createMoveReport(output: Output, now: () => number = () => performance.now()): MoveReport {
  let toldAt = Number.NEGATIVE_INFINITY;
  let barOpen = false;
  const line = (text: string): void => {
    if (barOpen) output.write("\n");
    barOpen = false;
    output.write(`${text}\n`);
  };
  return {
    step(move, step) {
      if (step === "plan") line(headline(move));
      toldAt = Number.NEGATIVE_INFINITY;
      line(`  ${step.padEnd(9)} ${does[step]}`);
    },
    progress({ step, progress }, share) {
      const orders = step === "clean" ? progress.cleanedOrders : progress.copiedOrders;
      const text = `${Math.round(share * 100)}%`.padStart(4);
      if (output.isTTY) {
        const full = Math.round(share * BAR_WIDTH);
        output.write(
          `\r  ${step.padEnd(9)} ${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${text}  ${orders} orders`,
        );
        barOpen = true;
      } else if (now() - toldAt > LINE_MS) {
        toldAt = now();
        line(`  ${step.padEnd(9)} ${text}  ${orders} orders`);
      }
    },
    note: (text) => line(`  ${text}`),
  };
}

const headline = ({ source, target, buckets }: Pick<MoveRecord, "source" | "target" | "buckets">): string =>
  `${buckets.length} bucket${buckets.length === 1 ? "" : "s"} (${formatBuckets(buckets, RANGES_SHOWN)}) from ${source} to ${target}`;

/** One JSON object per line, for programs. */
export function createJsonReport(output: Output): MoveReport {
  const tell = (event: Readonly<Record<string, unknown>>): void => {
    output.write(`${JSON.stringify(event)}\n`);
  };
  return {
    step: ({ source, target }, step) => tell({ event: "step", step, source, target }),
    progress: ({ step, progress }, share) => tell({ event: "progress", step, share, orders: progress.copiedOrders }),
    note: (text) => tell({ event: "note", text }),
  };
}

/** What was done, for people. */
export function summaryText(summaries: readonly MoveSummary[]): string {
  if (summaries.length === 0) return "Nothing to move: the buckets are there already.";
  return summaries
    .map((summary) =>
      [
        `Moved ${headline(summary)}.`,
        `  ${summary.orders} orders, ${summary.rows} rows copied, ${summary.seconds.toFixed(1)} s.`,
        `  Writes of these buckets waited for ${summary.longestPauseMs} ms at most, in ${summary.fences} ` +
          `attempt${summary.fences === 1 ? "" : "s"}; a fence ends by itself after ${LEASE_MS} ms, whatever becomes of its mover.`,
      ].join("\n"),
    )
    .join("\n");
}
