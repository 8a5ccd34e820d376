// How tries and requests end, and what follows: a retry, or an answer to the client.
import { real, small, whole } from "./cells.ts";
import type { ClientProxy } from "./client-proxy.ts";
import { localAnswerMs, nextRequestMs } from "./costs.ts";
import { begin, sendAgain } from "./event-kinds.ts";
import { atDoor, atHost, pausing } from "./requests.ts";
import { ok, statusOf, timedOut, unavailable } from "./try-results.ts";
import type { World } from "./world.ts";

/** The proxy that a request goes through. */
export function proxyOf({ proxies, requests }: World, slot: number): ClientProxy {
  return proxies[whole(requests.proxies, slot)] as ClientProxy;
}

/** Whether what was due for a request at the time of the stamp still is. */
export const isCurrent = ({ requests }: World, slot: number, stamp: number): boolean =>
  whole(requests.stamps, slot) === stamp;

/** A try has ended, for the proxy at least: what the host still does for it is in vain. */
export function endTry(world: World, slot: number, result: number): void {
  const { requests, now } = world;
  const proxy = proxyOf(world, slot);
  const host = whole(requests.hosts, slot);
  leaveHost(world, slot);
  proxy.ejection.count(now, host, result);
  if (result === ok) endRequest(world, slot, ok, 0);
  else retryOrEnd(world, slot, result);
}

function leaveHost(world: World, slot: number): void {
  const { requests } = world;
  const proxy = proxyOf(world, slot);
  const host = whole(requests.hosts, slot);
  // Envoy counts a try out before it looks at the answer: neither budget nor breaker sees it any longer.
  proxy.active--;
  proxy.activeAt[host] = whole(proxy.activeAt, host) - 1;
  requests.states[slot] = pausing;
  requests.step(slot);
}

export function retryOrEnd(world: World, slot: number, result: number): void {
  const { requests, values } = world;
  const proxy = proxyOf(world, slot);
  if (whole(requests.holds, slot) === 1) {
    proxy.retrying--;
    requests.holds[slot] = 0;
  }
  const retry = whole(requests.tries, slot) - 1;
  const wanted = small(world.retried, result) === 1 && retry < values.retryAttempts;
  if (wanted && !proxy.mayRetry) world.retriesRefused++;
  if (!wanted || !proxy.mayRetry) {
    endRequest(world, slot, statusOf(result), 0);
    return;
  }
  proxy.retrying++;
  requests.holds[slot] = 1;
  world.retries++;
  const pauseMs = world.backoffRandom.below(world.backoffs[retry] ?? 1);
  world.events.push(world.now + pauseMs, sendAgain, slot, requests.step(slot));
}

/** The time for all tries is over. */
export function giveUp(world: World, slot: number): void {
  const { requests, now } = world;
  const state = whole(requests.states, slot);
  const proxy = proxyOf(world, slot);
  if (state === atDoor) proxy.pending--;
  if (state === atHost) {
    leaveHost(world, slot);
    proxy.ejection.count(now, whole(requests.hosts, slot), timedOut);
  }
  endRequest(world, slot, statusOf(timedOut), 0);
}

/** A breaker is open. */
export function refuse(world: World, slot: number): void {
  world.refused++;
  world.firstRefusedMs ??= world.now;
  world.recorder.count("refused", world.now);
  endRequest(world, slot, unavailable, localAnswerMs);
}

/** @param extraMs what the client waits beside */
export function endRequest(world: World, slot: number, status: number, extraMs: number): void {
  const { requests, recorder, now } = world;
  const proxy = proxyOf(world, slot);
  if (whole(requests.holds, slot) === 1) proxy.retrying--;
  world.byStatus[status] = whole(world.byStatus, status) + 1;
  recorder.count(status === ok ? "good" : "failed", now);
  recorder.end(now, now - real(requests.starts, slot) + extraMs);
  requests.end(slot);
  if (world.arrivals.lanes > 0 && now < world.scenario.lasts) {
    world.events.push(now + extraMs + nextRequestMs, begin, whole(requests.proxies, slot), 0);
  }
}
