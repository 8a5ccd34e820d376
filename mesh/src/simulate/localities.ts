// Which hosts a proxy prefers. Source: Istio's locality failover, which makes priority levels of zones.
import type { EffectiveValues } from "../model/effective.ts";
import type { Scenario } from "../scenario/scenario-file.ts";

/**
 * @param proxy which one, from 0: proxies are spread over the zones of the hosts in turn
 * @returns hosts by priority; one level where zones do not count
 */
export function levelsOf(
  hosts: Scenario["hosts"],
  proxy: number,
  locality: EffectiveValues["locality"],
): readonly (readonly number[])[] {
  const all = hosts.map((_, index) => index);
  const zones = [...new Set(hosts.flatMap(({ zone }) => zone ?? []))];
  if (locality === "off" || zones.length < 2) return [all];
  const own = zones[proxy % zones.length];
  const near = all.filter((index) => hosts[index]?.zone === own);
  return [near, all.filter((index) => !near.includes(index))].filter((level) => level.length > 0);
}
