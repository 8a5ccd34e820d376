// Whether the tries of a call fit into its time.
import type { RetryCondition } from "../../files/policy-file.ts";
import { formatDuration } from "../../files/values.ts";
import type { Mesh } from "../../model/mesh.ts";
import { deadlineOf, edgesOf } from "../calls.ts";
import { type Found, type Rule, references } from "../finding.ts";
import { type MethodInEffect, methodsInEffect, type Place } from "../methods.ts";
import { describeTries, longestMs, type RetryTimes, triesThatFit } from "../retry-time.ts";
import { beforeTheServer } from "./retry-safety.ts";

/** The time that a call has: the route's timeout, or less where a caller's code says so (grpc-timeout). */
interface Limit {
  readonly ms: number;
  readonly name: string;
  readonly place: Place;
  readonly caller?: string;
}

function limitsOf(mesh: Mesh, each: MethodInEffect): Limit[] {
  const { timeoutMs } = each.effective;
  const route = timeoutMs.value;
  const ofCode = edgesOf(mesh)
    .filter(({ service, method }) => service === each.service && method.name === each.method.name)
    .flatMap(({ caller, service, method }): Limit[] => {
      const ms = deadlineOf(mesh, caller, service, method.name);
      if (ms === undefined || (route !== null && ms >= route)) return [];
      const deadline = mesh.callers.value.callers[caller]?.deadline;
      const path = ["callers", caller, "deadline"];
      const key = typeof deadline === "object" && `${service}/${method.name}` in deadline ? method.name : undefined;
      const place = mesh.callers.at(key === undefined ? path : [...path, `${service}/${method.name}`]);
      return [{ ms, name: `the deadline of ${caller}`, place, caller }];
    });
  if (route === null) return ofCode;
  return [{ ms: route, name: "the timeout", place: each.placeOf(timeoutMs) }, ...ofCode];
}

/** Methods whose tries have a time of their own, each with every limit that it has. */
function limited(mesh: Mesh): { each: MethodInEffect; times: RetryTimes; limit: Limit }[] {
  return methodsInEffect(mesh).flatMap((each) => {
    const { retryAttempts, retryPerTryMs, retryBackoffBaseMs, retryBackoffMaxMs } = each.effective;
    if (retryAttempts.value === 0 || retryPerTryMs.value === null) return [];
    const times: RetryTimes = {
      attempts: retryAttempts.value,
      perTryMs: retryPerTryMs.value,
      baseMs: retryBackoffBaseMs.value,
      maxMs: retryBackoffMaxMs.value,
    };
    return limitsOf(mesh, each).map((limit) => ({ each, times, limit }));
  });
}

const at = ({ service, method }: MethodInEffect, place: Place, caller?: string) => ({
  file: place.file,
  line: place.line,
  service,
  method: method.name,
  ...(caller !== undefined && { caller }),
});

export const perTryHidden: Rule = {
  code: "MESH-020",
  severity: "error",
  title: "A per-try timeout at or above the timeout of the call",
  why: "The timeout covers all tries together, so the call is over before the first try is. Envoy ignores a per-try timeout that is not below it: a hanging host is never given up for another one.",
  wrong: "defaults: { timeout: 500ms, retries: { attempts: 2, perTry: 500ms } }",
  right: "defaults: { timeout: 800ms, retries: { attempts: 2, perTry: 250ms } }",
  sources: [
    references.router,
    "https://github.com/istio/istio/issues/30707",
    "https://github.com/istio/istio/issues/17613",
  ],
  check: ({ mesh }) =>
    limited(mesh)
      .filter(({ times, limit }) => times.perTryMs >= limit.ms)
      .map(({ each, times, limit }) => ({
        ...at(each, each.placeOf(each.effective.retryPerTryMs), limit.caller),
        message: `a try may take ${formatDuration(times.perTryMs)}, and ${limit.name} is ${formatDuration(limit.ms)}: 1 of ${times.attempts + 1} tries fits, no slow try is ever repeated`,
        fix: `make perTry at most ${formatDuration(Math.floor(limit.ms / (times.attempts + 1)))}, or raise ${limit.name}`,
      })),
};

export const noRetryFits: Rule = {
  code: "MESH-021",
  severity: "error",
  title: "No retry fits after a try that takes its full time",
  why: "The timeout ends the call while the first retry waits or runs, so the retries help only against failures that come fast. Against a slow or hung host, for which a per-try timeout is written, they are never used.",
  wrong: "defaults: { timeout: 400ms, retries: { attempts: 2, perTry: 300ms } }",
  right: "defaults: { timeout: 1s, retries: { attempts: 2, perTry: 300ms } }",
  sources: [references.router, "https://github.com/istio/istio/issues/21137"],
  check: ({ mesh }) =>
    limited(mesh)
      .filter(({ times, limit }) => times.perTryMs < limit.ms && triesThatFit(times, limit.ms) === 1)
      .map((found) => tooShort(found)),
};

export const fewerTriesFit: Rule = {
  code: "MESH-022",
  severity: "warning",
  title: "Fewer tries fit into the timeout than are written",
  why: "The last tries are begun and cut off by the timeout, or never begun: load on the callee that cannot end in an answer. Who reads the policy counts on more tries than there are.",
  wrong: "defaults: { timeout: 600ms, retries: { attempts: 3, perTry: 250ms } }",
  right: "defaults: { timeout: 800ms, retries: { attempts: 2, perTry: 250ms, backoff: 10ms..100ms } }",
  sources: [references.router, "https://github.com/istio/istio/issues/21137"],
  check: ({ mesh }) =>
    limited(mesh)
      .filter(({ times, limit }) => {
        const fit = triesThatFit(times, limit.ms);
        return fit >= 2 && fit <= times.attempts;
      })
      .map((found) => tooShort(found)),
};

function tooShort({ each, times, limit }: { each: MethodInEffect; times: RetryTimes; limit: Limit }): Found {
  const fit = triesThatFit(times, limit.ms);
  return {
    ...at(each, limit.place, limit.caller),
    message: `${describeTries(times)}, and ${limit.name} is ${formatDuration(limit.ms)}: ${fit} of ${times.attempts + 1} tries ${fit === 1 ? "fits" : "fit"}`,
    fix: `raise ${limit.name} to ${formatDuration(Math.ceil(longestMs(times)))}, shorten perTry, or write fewer attempts`,
  };
}

export const retriesWithoutPerTry: Rule = {
  code: "MESH-023",
  severity: "warning",
  title: "Retries without a time for each try",
  why: "One try that hangs takes all the time of the call, or for ever where the call has none. The retries are there for a bad host, and a host that does not answer is the one they cannot leave.",
  wrong: "defaults: { timeout: 800ms, retries: { attempts: 2, on: [unavailable, reset] } }",
  right: "defaults: { timeout: 800ms, retries: { attempts: 2, perTry: 250ms, on: [unavailable, reset] } }",
  sources: [references.virtualService, "https://github.com/istio/istio/issues/21137"],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap((each) => {
      const { retryAttempts, retryPerTryMs, retryOn, timeoutMs } = each.effective;
      if (retryAttempts.value === 0 || retryAttempts.source.kind === "default") return [];
      if (retryPerTryMs.value !== null || each.method.streaming !== "unary") return [];
      if (retryOn.value.every((condition) => beforeTheServer.includes(condition))) return [];
      const lasts = timeoutMs.value === null ? "without end" : `all of the ${formatDuration(timeoutMs.value)}`;
      return [
        {
          ...at(each, each.placeOf(retryAttempts)),
          message: `${retryAttempts.value} retries without perTry: a try that hangs lasts ${lasts} and is never repeated`,
          fix: "write perTry, and a condition that retries it: reset",
        },
      ];
    }),
};

/** In Envoy's router a try that runs out of time is a reset; only these conditions retry one. */
const retryTimedOutTry: readonly RetryCondition[] = ["reset", "5xx", "gateway-error"];

export const perTryNotRetried: Rule = {
  code: "MESH-024",
  severity: "error",
  title: "A per-try timeout that no condition retries",
  why: "To Envoy a try that runs out of its time is a reset, and only reset, 5xx and gateway-error retry one; unavailable does not, because no server answered it. Without them perTry is simply the timeout of the call: it ends after the first slow try, with UNAVAILABLE, and the longer timeout beside it is never reached.",
  wrong: "retries: { attempts: 2, perTry: 250ms, on: [unavailable, connect-failure, refused-stream] }",
  right: "retries: { attempts: 2, perTry: 250ms, on: [unavailable, connect-failure, refused-stream, reset] }",
  sources: [
    "https://github.com/istio/istio/issues/55748",
    "https://github.com/istio/istio/issues/17613",
    "https://github.com/envoyproxy/envoy/pull/41147",
    references.router,
  ],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap((each) => {
      const { retryAttempts, retryPerTryMs, retryOn, timeoutMs } = each.effective;
      const perTryMs = retryPerTryMs.value;
      if (retryAttempts.value === 0 || perTryMs === null) return [];
      // Then the per-try timeout is ignored anyway, and has a finding of its own.
      if (timeoutMs.value !== null && perTryMs >= timeoutMs.value) return [];
      if (retryOn.value.some((condition) => retryTimedOutTry.includes(condition))) return [];
      const instead = timeoutMs.value === null ? "" : `, not after ${formatDuration(timeoutMs.value)}`;
      return [
        {
          ...at(each, each.placeOf(retryPerTryMs)),
          message: `none of ${retryOn.value.join(", ")} retries a try that runs out of time: a slow call fails after ${formatDuration(perTryMs)}${instead}, having been tried once`,
          fix: "add reset to on, or take perTry away",
        },
      ];
    }),
};

export const timedOutByCallee: Rule = {
  code: "MESH-019",
  severity: "warning",
  title: "A try that the callee ends is not retried",
  why: "The caller's proxy passes the time of a try on as grpc-timeout, and the callee's proxy and server keep it too. Whoever is first ends the try: the caller's proxy with a reset, which these conditions retry, the callee with DEADLINE_EXCEEDED, which they do not. So the same hanging host is retried by chance.",
  wrong: "retries: { attempts: 2, perTry: 250ms, on: [unavailable, connect-failure, refused-stream, reset] }",
  right:
    "retries: { attempts: 2, perTry: 250ms, on: [unavailable, connect-failure, refused-stream, reset, deadline-exceeded] }",
  sources: [references.router, references.deadlines],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap((each) => {
      const { retryAttempts, retryPerTryMs, retryOn, timeoutMs } = each.effective;
      const perTryMs = retryPerTryMs.value;
      if (retryAttempts.value === 0 || perTryMs === null || retryOn.source.kind === "default") return [];
      if (timeoutMs.value !== null && perTryMs >= timeoutMs.value) return [];
      if (!retryOn.value.some((condition) => retryTimedOutTry.includes(condition))) return [];
      if (retryOn.value.includes("deadline-exceeded")) return [];
      return [
        {
          ...at(each, each.placeOf(retryOn)),
          message: `a try that ends after ${formatDuration(perTryMs)} is retried when the caller's proxy ends it, and not when the callee's does, with DEADLINE_EXCEEDED`,
          fix: "add deadline-exceeded to on",
        },
      ];
    }),
};
