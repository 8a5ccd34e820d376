// Watches which hosts proxies have ejected.
import { setTimeout as delay } from "node:timers/promises";
import type { Ejection } from "../../scenario/outcome.ts";
import type { Bed, BedInstance } from "./bed.ts";
import { instancesOf } from "./bed.ts";

/** How exact the times are. */
export const observationMs = 25;

/** Names of the workload's instances that a proxy has ejected now. */
export async function ejectedNow(bed: Bed, proxy: BedInstance, workload: string): Promise<string[]> {
  const name = proxy.clusterOf(workload);
  const clusters = await proxy.admin.clusters();
  const ejected = (clusters.find((cluster) => cluster.name === name)?.hosts ?? [])
    .filter((host) => host.ejected)
    .map(({ address }) => address);
  return instancesOf(bed, workload)
    .filter(({ inbound }) => inbound !== undefined && ejected.includes(inbound))
    .map((instance) => instance.name);
}

export interface EjectionWatch {
  /** Ends the watch; what is still out has no `untilMs`. */
  stop(): Promise<readonly Ejection[]>;
}

/** Asks all proxies again and again, from now on. Times count from now. */
export function watchEjections(bed: Bed, proxies: readonly BedInstance[], workload: string): EjectionWatch {
  const start = performance.now();
  const over = new AbortController();
  const watched = Promise.all(
    proxies.map(async (proxy, index) => {
      const seen = await watchOne(bed, proxy, workload, start, over.signal);
      return seen.map((ejection) => ({ ...ejection, proxy: index + 1 }));
    }),
  );
  // Whoever stops the watch hears of a failure; until then nobody listens.
  watched.catch(() => undefined);
  return {
    stop: async () => {
      over.abort();
      return (await watched).flat().sort((a, b) => a.atMs - b.atMs);
    },
  };
}

async function watchOne(
  bed: Bed,
  proxy: BedInstance,
  workload: string,
  start: number,
  signal: AbortSignal,
): Promise<Ejection[]> {
  const done: Ejection[] = [];
  const out = new Map<string, number>();
  while (!signal.aborted) {
    const ejected = await ejectedNow(bed, proxy, workload);
    const nowMs = performance.now() - start;
    for (const host of ejected) if (!out.has(host)) out.set(host, nowMs);
    for (const [host, atMs] of out) {
      if (ejected.includes(host)) continue;
      done.push({ host, atMs, untilMs: nowMs });
      out.delete(host);
    }
    await delay(observationMs, undefined, { signal }).catch(() => undefined);
  }
  return [...done, ...[...out].map(([host, atMs]) => ({ host, atMs, untilMs: undefined }))];
}
