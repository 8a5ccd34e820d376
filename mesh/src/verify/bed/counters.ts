// Envoy's own counters, summed over proxies and taken as differences.
import type { BedInstance } from "./bed.ts";

/** By the name that Envoy's documentation gives, such as `upstream_rq_retry`. */
export type Counters = ReadonlyMap<string, number>;

type Proxy = Pick<BedInstance, "admin" | "clusterOf">;

/** What the proxies counted of their calls to a workload. */
export async function outboundCounters(proxies: readonly Proxy[], workload: string): Promise<Counters> {
  return total(proxies, (proxy, name) => {
    const prefix = `cluster.${proxy.clusterOf(workload)}.`;
    return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
  });
}

/** What the proxies counted of the calls that they took: authorization and TLS. */
export async function inboundCounters(proxies: readonly Proxy[]): Promise<Counters> {
  return total(
    proxies,
    (_, name) => /^(?:http|listener)\..*\.((?:(?:rbac|ssl)\..+|no_filter_chain_match))$/.exec(name)?.[1],
  );
}

async function total(
  proxies: readonly Proxy[],
  nameOf: (proxy: Proxy, name: string) => string | undefined,
): Promise<Counters> {
  const all = await Promise.all(proxies.map(async (proxy) => ({ proxy, stats: await proxy.admin.stats() })));
  const sums = new Map<string, number>();
  for (const { proxy, stats } of all) {
    for (const [name, value] of stats) {
      const short = nameOf(proxy, name);
      if (short !== undefined) sums.set(short, (sums.get(short) ?? 0) + value);
    }
  }
  return sums;
}

/** How much each counter grew. */
export function growth(before: Counters, after: Counters): Counters {
  return new Map([...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)]));
}

/** Counts while `run` runs. */
export async function counting<T>(
  read: () => Promise<Counters>,
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly grown: Counters }> {
  const before = await read();
  const result = await run();
  return { result, grown: growth(before, await read()) };
}

/** `upstream_rq_retry 15, upstream_rq_retry_overflow 0`. */
export function showCounters(counters: Counters, names: readonly string[]): string {
  return names.map((name) => `${name} ${counters.get(name) ?? 0}`).join(", ");
}
