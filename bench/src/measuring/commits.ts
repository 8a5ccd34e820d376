// Commits over all databases of the servers that a stack uses.
import { setTimeout as delay } from "node:timers/promises";
import type { Observer } from "./observer.ts";
import type { OrderShards, ShardUrls } from "./order-shards.ts";

/** Backends report their counters at most once a second, and when they fall idle. */
const reportIntervalMs = 1_100;

/** One shard of each server: several may share one. */
export function oneOfEachServer(urls: ShardUrls, { all }: Pick<OrderShards, "all">): Observer[] {
  const servers = new Set<string>();
  return all.filter((_, index) => {
    const { host } = new URL(urls[index]?.url ?? "");
    return servers.size < servers.add(host).size;
  });
}

/** Transactions committed in the whole of these servers since their start, read-only ones included. */
export async function readCommits(servers: readonly Observer[]): Promise<number> {
  const text = "SELECT sum(xact_commit)::float8 AS commits FROM pg_stat_database";
  const rows = await Promise.all(servers.map((server) => server.query<{ commits: number }>(text)));
  return rows.flat().reduce((sum, { commits }) => sum + commits, 0);
}

/** As `readCommits`, after the time in which backends report what they did. */
export async function readSettledCommits(servers: readonly Observer[]): Promise<number> {
  await delay(reportIntervalMs);
  return readCommits(servers);
}
