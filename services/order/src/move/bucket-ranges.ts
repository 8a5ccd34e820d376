// Sets of buckets as operators write them: `0-511,600`.
import { BUCKET_COUNT } from "@ordermesh/runtime/ids";
import { MoveError } from "./move-error.ts";

const allowed = `numbers and ranges from 0 to ${BUCKET_COUNT - 1}, separated by commas, for example 0-511,600`;

/** The buckets of a list, ascending, each once. Throws OPTION_INVALID that names the part at fault. */
export function parseBuckets(text: string): readonly number[] {
  const buckets = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    const first = Number(match?.[1] ?? Number.NaN);
    const last = Number(match?.[2] ?? match?.[1] ?? Number.NaN);
    if (!(first <= last && last < BUCKET_COUNT)) {
      throw new MoveError("OPTION_INVALID", `--buckets: given ${JSON.stringify(part)}, allowed ${allowed}`);
    }
    for (let bucket = first; bucket <= last; bucket += 1) buckets.add(bucket);
  }
  return [...buckets].sort((a, b) => a - b);
}

/** Buckets as ranges; `-` for none. Past `most` ranges the rest is counted. */
export function formatBuckets(buckets: readonly number[], most = Number.POSITIVE_INFINITY): string {
  const ranges: { first: number; last: number }[] = [];
  for (const bucket of buckets.toSorted((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && bucket === open.last + 1) open.last = bucket;
    else ranges.push({ first: bucket, last: bucket });
  }
  if (ranges.length === 0) return "-";
  const shown = ranges.slice(0, most).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  const hidden = ranges.length - shown.length;
  return hidden === 0 ? shown.join(",") : `${shown.join(",")} and ${hidden} more`;
}
