// The clock: goes from what is due to what is due next.
import { whole } from "./cells.ts";
import { patienceMs } from "./costs.ts";
import { endRequest, endTry, giveUp, isCurrent } from "./ending.ts";
import { afterFault, answered, begin, connected, hostFree, mergeWindowEnds, sendAgain, tick } from "./event-kinds.ts";
import { changeDisturbance, finishConnecting, takeNext } from "./host-flow.ts";
import { over } from "./requests.ts";
import { beginRequest, leaveFaultFilter, startTry } from "./sending.ts";
import { cancelled, timedOut } from "./try-results.ts";
import type { World } from "./world.ts";

/** Until the last request has ended, or nobody would wait for it any longer. */
export function play(world: World): void {
  const { events, arrivals, tryTimers, routeTimers, requests } = world;
  const { lasts } = world.scenario;
  for (;;) {
    const next = Math.min(events.time, arrivals.time, tryTimers.time, routeTimers.time);
    if (next === Number.POSITIVE_INFINITY || next > lasts + patienceMs) break;
    if (next >= lasts && requests.open === 0) break;
    world.now = next;
    // Of equal times an answer comes before the timer that would void it.
    if (next === events.time) happen(world);
    else if (next === tryTimers.time) {
      const { subject, stamp } = tryTimers;
      tryTimers.shift();
      if (isCurrent(world, subject, stamp)) endTry(world, subject, timedOut);
    } else if (next === routeTimers.time) {
      const { subject, stamp } = routeTimers;
      routeTimers.shift();
      if (whole(requests.lives, subject) === stamp) giveUp(world, subject);
    } else beginRequest(world, arrivals.next());
  }
  world.now = Math.max(world.now, lasts);
  for (let slot = 0; requests.open > 0 && slot < requests.used; slot++) {
    if (whole(requests.states, slot) !== over) endRequest(world, slot, cancelled, 0);
  }
}

function happen(world: World): void {
  const { events } = world;
  const { kind, subject, stamp } = events;
  events.pop();
  if (kind >= answered) {
    if (isCurrent(world, subject, stamp)) endTry(world, subject, kind - answered);
    return;
  }
  switch (kind) {
    case sendAgain:
      if (isCurrent(world, subject, stamp)) startTry(world, subject);
      return;
    case hostFree:
      takeNext(world, subject, stamp);
      return;
    case begin:
      if (world.now < world.scenario.lasts) beginRequest(world, subject);
      return;
    case tick:
      world.proxies[subject]?.ejection.tick(world.now);
      events.push(world.now + world.values.ejectIntervalMs, tick, subject, 0);
      return;
    case connected:
      finishConnecting(world, subject);
      return;
    case mergeWindowEnds:
      world.proxies[subject]?.endMergeWindow(world.now);
      return;
    case afterFault:
      if (isCurrent(world, subject, stamp)) leaveFaultFilter(world, subject);
      return;
    default:
      changeDisturbance(world, subject, stamp === 1);
  }
}
