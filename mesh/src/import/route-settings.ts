// What a route does with the calls that it takes: timeout, retries, faults.
import { type RetryCondition, retryConditions } from "../files/policy-file.ts";
import type { Fault } from "../model/effective.ts";
import type { Losses } from "./loss.ts";
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";

export interface ImportedRetries {
  readonly attempts: number;
  readonly perTryMs: number | null;
  /** undefined: those that Istio retries on where nothing is said. */
  readonly on: readonly RetryCondition[] | undefined;
  readonly backoffBaseMs: number | undefined;
}

export interface RouteSettings {
  /** null: none. */
  readonly timeoutMs: number | null;
  /** null: none; undefined: what Istio does where a route says nothing. */
  readonly retries: ImportedRetries | null | undefined;
  readonly fault: Fault | null;
}

export function settingsOf(resource: Resource, route: Part, losses: Losses): RouteSettings {
  const timeoutMs = route.durationMs("timeout") ?? 0;
  return {
    timeoutMs: timeoutMs === 0 ? null : timeoutMs,
    retries: retriesOf(resource, route.map("retries"), losses),
    fault: faultOf(resource, route.map("fault"), losses),
  };
}

const mostAttempts = 10;

function retriesOf(resource: Resource, retries: Part | undefined, losses: Losses): RouteSettings["retries"] {
  if (retries === undefined) return undefined;
  const attempts = retries.number("attempts") ?? 0;
  if (attempts <= 0) {
    retries.ignore("perTryTimeout", "retryOn", "backoff", "retryRemoteLocalities", "retryIgnorePreviousHosts");
    return null;
  }
  if (attempts > mostAttempts) {
    losses.part(
      resource,
      retries.peek("attempts"),
      `${attempts} retries become ${mostAttempts}, the most that a policy takes`,
    );
  }
  if (retries.peek("retryIgnorePreviousHosts").value === true) retries.ignore("retryIgnorePreviousHosts");
  if (retries.peek("retryRemoteLocalities").value === false) retries.ignore("retryRemoteLocalities");
  const perTryMs = retries.durationMs("perTryTimeout") ?? 0;
  const on = conditionsOf(resource, retries, losses);
  const backoffBaseMs = retries.durationMs("backoff");
  if (on?.length === 0) return null;
  return {
    attempts: Math.min(attempts, mostAttempts),
    perTryMs: perTryMs === 0 ? null : perTryMs,
    on,
    backoffBaseMs,
  };
}

function conditionsOf(resource: Resource, retries: Part, losses: Losses): readonly RetryCondition[] | undefined {
  const words = (retries.text("retryOn") ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  if (words.length === 0) return undefined;
  const isKnown = (word: string): word is RetryCondition => (retryConditions as readonly string[]).includes(word);
  const known = words.filter(isKnown);
  const others = words.filter((word) => !isKnown(word));
  if (others.length > 0) losses.part(resource, retries.peek("retryOn"), `no longer retried on ${others.join(", ")}`);
  return known.toSorted();
}

function faultOf(resource: Resource, fault: Part | undefined, losses: Losses): Fault | null {
  if (fault === undefined) return null;
  const abort = fault.map("abort");
  const delay = fault.map("delay");
  const status = abort?.text("grpcStatus");
  const fixedMs = delay?.durationMs("fixedDelay");
  // Without a percentage nothing is aborted or delayed.
  const abortPercent = abort?.map("percentage")?.number("value") ?? 0;
  const delayPercent = delay?.map("percentage")?.number("value") ?? delay?.number("percent") ?? 0;
  const imported: Fault = {
    ...(status !== undefined && abortPercent > 0 && { abort: { status, percent: abortPercent } }),
    ...(fixedMs !== undefined && delayPercent > 0 && { delay: { fixedMs, percent: delayPercent } }),
  };
  for (const part of fault.unread())
    losses.part(resource, part, "only gRPC statuses and fixed delays are put in on purpose");
  fault.ignore(...Object.keys(fault.value ?? {}));
  return imported.abort === undefined && imported.delay === undefined ? null : imported;
}
