// The spread as a table for people.
import Table from "cli-table3";
import { formatBuckets } from "./bucket-ranges.ts";
import type { MoveRecord } from "./move-record.ts";
import type { Spread } from "./spread.ts";

const RANGES_SHOWN = 6;

/** The lines to print. */
export function spreadText(spread: Spread): string {
  if (spread.shards.length === 0) return spread.away.map(({ reason }) => `! ${reason}`).join("\n");
  return [
    shardTable(spread),
    ...spread.away.map(({ reason }) => `! ${reason}`),
    ...ownerlessLine(spread),
    "",
    ...hottestLines(spread),
    ...spread.unfinished.map(moveLine),
  ].join("\n");
}

function shardTable({ shards, minutes }: Spread): string {
  const table = plainTable(
    ["SHARD", "BUCKETS", "RANGES", "ORDERS", "PENDING", `LAST ${minutes} MIN`, "SHARE"],
    [1, 3, 4, 5, 6],
  );
  const all = shards.reduce((sum, { recentOrders }) => sum + recentOrders, 0);
  for (const { shard, buckets, estimatedOrders, pendingOrders, recentOrders } of shards) {
    table.push([
      shard,
      buckets.length,
      formatBuckets(buckets, RANGES_SHOWN),
      `~${Math.round(estimatedOrders)}`,
      pendingOrders,
      recentOrders,
      all === 0 ? "-" : `${((100 * recentOrders) / all).toFixed(1)}%`,
    ]);
  }
  return table.toString();
}

function ownerlessLine({ ownerless, away }: Spread): string[] {
  if (ownerless.length === 0) return [];
  const where = away.length > 0 ? "at a shard that cannot be asked, or nowhere" : "nowhere";
  return [`! ${ownerless.length} buckets are ${where}: ${formatBuckets(ownerless, RANGES_SHOWN)}`];
}

function hottestLines({ hottest, minutes }: Spread): string[] {
  if (hottest.length === 0) return [`No order was placed in the last ${minutes} minutes.`];
  const table = plainTable(["HOTTEST BUCKET", "SHARD", "ORDERS"], [0, 2]);
  for (const { bucket, shard, recentOrders } of hottest) table.push([bucket, shard, recentOrders]);
  return [table.toString()];
}

function moveLine({ source, target, buckets, step, progress }: MoveRecord): string {
  const done = step === "copy" && progress.allOrders > 0 ? `, ${share(progress.passedOrders, progress.allOrders)}` : "";
  const what = `${buckets.length} buckets (${formatBuckets(buckets, RANGES_SHOWN)}) from ${source} to ${target}`;
  return `\nMove under way or interrupted: ${what}, step ${step}${done}, ${progress.copiedOrders} orders copied.`;
}

const share = (part: number, all: number): string => `${Math.min(100, Math.round((100 * part) / all))}%`;

/** A table without lines; the columns given are numbers. */
function plainTable(head: string[], numbers: readonly number[]): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, index) => (numbers.includes(index) ? "right" : "left")),
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "  ",
    },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
}
