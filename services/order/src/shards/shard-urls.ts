// The shards of the orders and which buckets each begins with, as configuration gives them.
import { BUCKET_COUNT } from "@ordermesh/runtime/ids";
import { z } from "zod";

export interface ShardUrl {
  readonly name: string;
  readonly url: string;
}

/** Buckets from `first` to `last`, both included. */
export interface BucketRange {
  readonly shard: string;
  readonly first: number;
  readonly last: number;
}

const urlsAllowed = "name=postgres://…, several separated by commas, for example shard-1=postgres://db-1/orders";
const rangesAllowed =
  `shard=first-last, several separated by commas, each bucket from 0 to ${BUCKET_COUNT - 1} once, ` +
  "for example shard-1=0-2047,shard-2=2048-4095";

/** ORDERMESH_SHARDS: every shard by its name, in order. */
export const shardUrls = z
  .string()
  .transform((text, context): readonly ShardUrl[] => {
    const shards = text.split(",").map((part) => {
      const match = /^([a-z0-9][a-z0-9-]{0,30})=(postgres(?:ql)?:\/\/.+)$/.exec(part.trim());
      return { name: match?.[1] ?? "", url: match?.[2] ?? "" };
    });
    const names = new Set(shards.map(({ name }) => name));
    if (!names.has("") && names.size === shards.length) return shards;
    context.addIssue({ code: "custom", message: urlsAllowed });
    return z.NEVER;
  })
  .describe(urlsAllowed);

/** ORDERMESH_SHARD_BUCKETS: the first assignment. */
export const shardBuckets = z
  .string()
  .transform((text, context): readonly BucketRange[] => {
    const ranges = text.split(",").map((part) => {
      const match = /^([a-z0-9-]+)=(\d{1,4})-(\d{1,4})$/.exec(part.trim());
      return { shard: match?.[1] ?? "", first: Number(match?.[2] ?? -1), last: Number(match?.[3] ?? -1) };
    });
    if (coversAllOnce(ranges)) return ranges;
    context.addIssue({ code: "custom", message: rangesAllowed });
    return z.NEVER;
  })
  .describe(rangesAllowed);

/** Even contiguous ranges, in the order given. */
export function evenRanges(names: readonly string[]): readonly BucketRange[] {
  const start = (index: number): number => Math.floor((index * BUCKET_COUNT) / names.length);
  return names.map((shard, index) => ({ shard, first: start(index), last: start(index + 1) - 1 }));
}

function coversAllOnce(ranges: readonly BucketRange[]): boolean {
  let next = 0;
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    if (first !== next || last < first) return false;
    next = last + 1;
  }
  return next === BUCKET_COUNT;
}
