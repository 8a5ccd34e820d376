// The way of a request to a host: fault filter, route, host, connection, work.
import { codeOf, type GrpcStatus } from "../model/grpc-status.ts";
import { noHost } from "./balancer.ts";
import { whole } from "./cells.ts";
import { connectMs, localAnswerMs, tryMs } from "./costs.ts";
import { endRequest, proxyOf, refuse } from "./ending.ts";
import { afterFault, answered, connected, hostFree } from "./event-kinds.ts";
import type { Host } from "./host.ts";
import { atDoor, atHost } from "./requests.ts";
import { permissionDenied, unavailable } from "./try-results.ts";
import type { World } from "./world.ts";

export function beginRequest(world: World, proxy: number): void {
  const slot = world.requests.begin(world.now, proxy);
  world.requestCount++;
  world.recorder.count("offered", world.now);
  const { fault } = world.values;
  if (fault === null) {
    enterRoute(world, slot);
    return;
  }
  const paused = fault.delay !== undefined && world.faultRandom.happens(fault.delay.percent);
  const pauseMs = paused ? fault.delay.fixedMs : 0;
  world.events.push(world.now + pauseMs, afterFault, slot, world.requests.step(slot));
}

/** The fault filter comes before the router: its errors are not retried, and its pause is outside of the timeout. */
export function leaveFaultFilter(world: World, slot: number): void {
  const abort = world.values.fault?.abort;
  if (abort !== undefined && world.faultRandom.happens(abort.percent)) {
    const code = codeOf(abort.status as GrpcStatus);
    endRequest(world, slot, code < 0 ? unavailable : code, localAnswerMs);
  } else enterRoute(world, slot);
}

function enterRoute(world: World, slot: number): void {
  world.routeTimers.start(world.now, slot, whole(world.requests.lives, slot));
  startTry(world, slot);
}

export function startTry(world: World, slot: number): void {
  const { requests } = world;
  const isRetry = whole(requests.tries, slot) > 0;
  const host = proxyOf(world, slot).chooseHost(isRetry ? (candidate) => requests.wasAt(slot, candidate) : undefined);
  if (host === noHost) {
    endRequest(world, slot, unavailable, localAnswerMs);
    return;
  }
  requests.visit(slot, host);
  if (proxyOf(world, slot).connections[host]?.state === "open") sendTry(world, slot);
  else waitForConnection(world, slot, host);
}

function waitForConnection(world: World, slot: number, host: number): void {
  const { requests, now } = world;
  const proxy = proxyOf(world, slot);
  const connection = proxy.connections[host];
  if (connection === undefined || !proxy.mayWait) {
    refuse(world, slot);
    return;
  }
  proxy.pending++;
  requests.states[slot] = atDoor;
  connection.waiting.push({ slot, stamp: requests.step(slot) });
  if (connection.state === "opening") return;
  connection.state = "opening";
  world.events.push(now + connectMs, connected, whole(requests.proxies, slot) * world.hosts.length + host, 0);
}

/** Over a connection that is open. */
export function sendTry(world: World, slot: number): void {
  const { requests, now } = world;
  const proxy = proxyOf(world, slot);
  if (!proxy.mayStartTry) {
    refuse(world, slot);
    return;
  }
  const host = whole(requests.hosts, slot);
  proxy.active++;
  proxy.activeAt[host] = whole(proxy.activeAt, host) + 1;
  requests.states[slot] = atHost;
  const stamp = requests.step(slot);
  world.tryTimers.start(now, slot, stamp);
  world.recorder.count("tries", now);
  reachHost(world, host, slot, stamp);
}

function reachHost(world: World, hostIndex: number, slot: number, stamp: number): void {
  const host = world.hosts[hostIndex] as Host;
  if (!world.values.allowed || host.away) {
    // An answer of the host's sidecar: the service does not hear of the try.
    const result = world.values.allowed ? unavailable : permissionDenied;
    world.events.push(world.now + tryMs, answered + result, slot, stamp);
    return;
  }
  host.reached++;
  if (host.hangs) return;
  const workMs = host.drawWorkMs(world.workRandom);
  const result = host.drawResult(world.resultRandom);
  if (host.busy < host.concurrency) work(world, hostIndex, slot, stamp, workMs, result);
  else host.enqueue({ slot, stamp, workMs, result });
}

/** A host takes a try in hand. */
export function work(
  world: World,
  hostIndex: number,
  slot: number,
  stamp: number,
  workMs: number,
  result: number,
): void {
  const { events, now } = world;
  const host = world.hosts[hostIndex] as Host;
  if (host.concurrency !== Number.POSITIVE_INFINITY) {
    host.busy++;
    events.push(now + workMs, hostFree, hostIndex, host.lives);
  }
  events.push(now + workMs + tryMs, answered + result, slot, stamp);
}
