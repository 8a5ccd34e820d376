// Limits of the breaker and the retry budget of a service, from the load of its callers.
import { formatDuration } from "../files/values.ts";
import { formatValue } from "../model/format-effective.ts";
import { effectiveOfHost } from "../model/host-values.ts";
import { type Mesh, replicasOf } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { describeSource } from "../model/source.ts";
import { countOf, merge, quantileOf, requestsNeeded } from "./histogram.ts";
import type { Measured } from "./measured.ts";
import { mostRetryLoad, type Proposal, type Proposals, type Refusal, type Wishes } from "./proposal.ts";
import { roundUpCount, show } from "./rounding.ts";

interface Load {
  readonly caller: string;
  readonly proxies: number;
  readonly perSecond: number;
  readonly p99Ms: number;
}

/**
 * - requests: Little's law (requests under way = rate × time of each; J. Little, 1961) with the peak rate and p99, divided
 *   by the proxies of the caller, since each has a breaker of its own, times the headroom; of several callers the largest.
 *   The peaks of the methods are added, as if they fell together.
 * - pending: requests that come while a connection is made: peak rate × connect timeout ÷ proxies × headroom.
 * - retryBudget: when one of N hosts fails every request, one try in N fails and is repeated on another host; retries are
 *   then (1/N) ÷ (1 + 1/N) = 1 ÷ (N + 1) of all requests. Never more than what adds a quarter to the load that lasts.
 *
 * @param measured of one service, from all callers and of all methods
 */
export function proposeHost(mesh: Mesh, service: string, measured: readonly Measured[], wishes: Wishes): Proposals {
  const loads: Load[] = [];
  const refusals: Refusal[] = [];
  for (const [caller, ofCaller] of Map.groupBy(measured, (one) => one.caller)) {
    const load = loadOf(mesh, caller, ofCaller);
    if (typeof load === "string") refusals.push({ service, method: undefined, why: `calls of ${caller}: ${load}` });
    else loads.push(load);
  }
  const budget = retryBudget(mesh, service, measured);
  const limits =
    loads.length === 0 ? [] : [requests(mesh, service, loads, wishes), pending(mesh, service, loads, wishes)];
  return { proposals: [...limits, ...(budget ? [budget] : [])], refusals };
}

function loadOf(mesh: Mesh, caller: string, measured: readonly Measured[]): Load | string {
  const latency = merge(measured.map((one) => one.latency));
  const [count, needed] = [Math.round(countOf(latency)), requestsNeeded(99)];
  if (count < needed) return `${count} requests were measured; the limits need p99, and that needs ${needed}`;
  const p99Ms = quantileOf(latency, 99);
  if (p99Ms === Infinity) return "p99 lies above the largest bucket that all series have: the metric needs larger ones";
  const perSecond = measured.reduce((sum, { peakPerSecond }) => sum + peakPerSecond, 0);
  return { caller, proxies: replicasOf(mesh, caller), perSecond, p99Ms };
}

function requests(mesh: Mesh, service: string, loads: readonly Load[], { headroom }: Wishes): Proposal {
  const host = effectiveOfHost(mesh, service);
  const counted = loads.map(({ caller, perSecond, p99Ms, proxies }) => {
    const once = (perSecond * p99Ms) / 1000;
    const needed = (once / proxies) * headroom;
    const text = `${caller}: ${show(perSecond)}/s × p99 ${show(p99Ms)}ms = ${show(once)} at once, ÷ ${describeProxies(proxies)} × ${headroom} = ${show(needed)}`;
    return { needed, text };
  });
  const value = roundUpCount(Math.max(...counted.map(({ needed }) => needed)));
  const all = loads.reduce((sum, { proxies }) => sum + proxies, 0);
  const together = `→ ${value} for each proxy; all ${all} together may send ${value * all}`;
  return {
    ...{ service, method: undefined, field: "breaker.requests" },
    now: formatValue("maxRequests", host.maxRequests.value),
    nowFrom: describeSource(host.maxRequests.source),
    ...{ proposed: String(value), value, arithmetic: [...counted.map(({ text }) => text), together] },
  };
}

function pending(mesh: Mesh, service: string, loads: readonly Load[], { headroom }: Wishes): Proposal {
  const host = effectiveOfHost(mesh, service);
  const connectMs = host.connectTimeoutMs.value;
  const counted = loads.map(({ caller, perSecond, proxies }) => {
    const needed = ((perSecond * connectMs) / 1000 / proxies) * headroom;
    const text = `${caller}: ${show(perSecond)}/s × connect timeout ${formatDuration(connectMs)} ÷ ${describeProxies(proxies)} × ${headroom} = ${show(needed)}`;
    return { needed, text };
  });
  const value = roundUpCount(Math.max(...counted.map(({ needed }) => needed)));
  return {
    ...{ service, method: undefined, field: "breaker.pending" },
    now: formatValue("maxPending", host.maxPending.value),
    nowFrom: describeSource(host.maxPending.source),
    ...{ proposed: String(value), value, arithmetic: [...counted.map(({ text }) => text), `→ ${value}`] },
  };
}

function retryBudget(mesh: Mesh, service: string, measured: readonly Measured[]): Proposal | undefined {
  const methods = measured.flatMap(
    ({ method }) => method ?? mesh.catalog.get(service)?.methods.map(({ name }) => name) ?? [],
  );
  const retries = measured.some(({ caller }) =>
    methods.some((method) => resolveEffective(mesh, caller, service, method).effective.retryAttempts.value > 0),
  );
  const hosts = mesh.services.get(service)?.replicas;
  if (!retries || hosts === undefined) return undefined;
  const host = effectiveOfHost(mesh, service);
  const needed = 100 / (hosts + 1);
  const most = 100 * (1 - 1 / mostRetryLoad);
  const value = Math.min(Math.ceil(needed / 5 - 1e-9) * 5, most);
  return {
    ...{ service, method: undefined, field: "breaker.retryBudget" },
    now: formatValue("retryBudgetPercent", host.retryBudgetPercent.value),
    nowFrom: describeSource(host.retryBudgetPercent.source),
    ...{ proposed: `${show(value)}%`, value },
    arithmetic: [
      `1 of ${hosts} hosts fails: 1 ÷ (${hosts} + 1) = ${show(needed)}% of all requests are retries`,
      `at most ${show(most)}%: load × 1 ÷ (1 − ${show(most / 100)}) = ×${mostRetryLoad}`,
    ],
  };
}

const describeProxies = (proxies: number): string => (proxies === 1 ? "1 proxy" : `${proxies} proxies`);
