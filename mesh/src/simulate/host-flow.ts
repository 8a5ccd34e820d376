// What happens on the side of the hosts: lines, connections, and the scenario's disturbances.
import { whole } from "./cells.ts";
import { endTry, isCurrent, retryOrEnd } from "./ending.ts";
import type { Host } from "./host.ts";
import { atHost, pausing } from "./requests.ts";
import { sendTry, work } from "./sending.ts";
import { connectFailed, connectionLost, unavailable } from "./try-results.ts";
import type { World } from "./world.ts";

/** Whoever left the line costs no work; what was begun is finished even if nobody waits for it. */
export function takeNext(world: World, hostIndex: number, life: number): void {
  const host = world.hosts[hostIndex] as Host;
  if (host.lives !== life) return;
  host.busy--;
  for (let next = host.dequeue(); next !== undefined; next = host.dequeue()) {
    if (!isCurrent(world, next.slot, next.stamp)) continue;
    work(world, hostIndex, next.slot, next.stamp, next.workMs, next.result);
    return;
  }
}

/** @param pair the proxy and the host: proxy × hosts + host */
export function finishConnecting(world: World, pair: number): void {
  const { requests, now } = world;
  const hostIndex = pair % world.hosts.length;
  const proxy = world.proxies[(pair - hostIndex) / world.hosts.length];
  const connection = proxy?.connections[hostIndex];
  if (proxy === undefined || connection === undefined) return;
  const refused = world.hosts[hostIndex]?.gone === true;
  connection.state = refused ? "closed" : "open";
  for (const { slot, stamp } of connection.waiting.splice(0)) {
    if (!isCurrent(world, slot, stamp)) continue;
    proxy.pending--;
    requests.states[slot] = pausing;
    requests.step(slot);
    if (refused) {
      proxy.ejection.count(now, hostIndex, connectFailed);
      retryOrEnd(world, slot, connectFailed);
    } else sendTry(world, slot);
  }
}

export function changeDisturbance(world: World, index: number, on: boolean): void {
  const event = world.scenario.events[index];
  if (event === undefined) return;
  for (const [hostIndex, host] of world.hosts.entries()) {
    if (!event.hosts.includes(world.scenario.hosts[hostIndex]?.name ?? "")) continue;
    host.disturb(event.does, on);
    if (!on || !("away" in event.does || "gone" in event.does)) continue;
    host.drop();
    if ("gone" in event.does) {
      for (const { connections } of world.proxies) {
        const connection = connections[hostIndex];
        if (connection?.state === "open") connection.state = "closed";
      }
    }
    loseTries(world, hostIndex, "gone" in event.does ? connectionLost : unavailable);
  }
}

/** Ends the tries that are at a host whose process has ended. */
function loseTries(world: World, hostIndex: number, result: number): void {
  const { requests } = world;
  for (let slot = 0; slot < requests.used; slot++) {
    const isThere = whole(requests.states, slot) === atHost && whole(requests.hosts, slot) === hostIndex;
    if (isThere) endTry(world, slot, result);
  }
}
