// What look-ups count. Counters of the process, so they have no registry of their own.
import { Counter, type Metric } from "prom-client";

/** `result`: hit, miss, stale (the order does not bear the name), away (Redis, or the index while it is rebuilt). */
export const indexLookups = new Counter({
  name: "ordermesh_index_lookups_total",
  help: "Look-ups of an order's name in the index, by what came of it: hit, miss, stale, away.",
  labelNames: ["result"],
  registers: [],
});

export const indexFallbacks = new Counter({
  name: "ordermesh_index_fallbacks_total",
  help: "Look-ups that had to ask the shards, by whether one or all of them: one, all.",
  labelNames: ["shards"],
  registers: [],
});

export const droppedEntries = new Counter({
  name: "ordermesh_index_dropped_entries_total",
  help: "Entries of the index that were given up because Redis was away for too long.",
  registers: [],
});

export const indexRebuilds = new Counter({
  name: "ordermesh_index_rebuilds_total",
  help: "Rebuilds of the index by this process, by what came of it: done, failed.",
  labelNames: ["result"],
  registers: [],
});

export const lookupMetrics: readonly Metric[] = [indexLookups, indexFallbacks, droppedEntries, indexRebuilds];
