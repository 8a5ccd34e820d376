// Times of callers and callees that do not go together.
import { formatDuration } from "../../files/values.ts";
import type { Mesh } from "../../model/mesh.ts";
import { deadlineOf, descentsOf, edgesOf } from "../calls.ts";
import { type Rule, references } from "../finding.ts";
import { type MethodInEffect, methodsInEffect, servicesInEffect } from "../methods.ts";

/** The longest that a call may take: the timeout of its route, or the deadline that the caller sets if shorter. */
function longestCallMs(mesh: Mesh, caller: string, { service, method, effective }: MethodInEffect): number | null {
  const ofCode = deadlineOf(mesh, caller, service, method.name);
  const route = effective.timeoutMs.value;
  if (ofCode === undefined) return route;
  return route === null ? ofCode : Math.min(ofCode, route);
}

export const calleeAboveCaller: Rule = {
  code: "MESH-025",
  severity: "error",
  title: "A callee's deadline above its caller's",
  why: "The caller has given up, and the callee goes on: it works for nobody, holds connections and locks, and under load this work keeps out the work that somebody still waits for.",
  wrong: "# HoldSeats has timeout: 300ms and asks for QuotePrices, which has timeout: 500ms",
  right: "# HoldSeats has timeout: 1s and asks for QuotePrices, which has timeout: 400ms",
  sources: [references.cascading, references.deadlines],
  check: ({ mesh }) =>
    descentsOf(mesh).flatMap(({ caller, above, below, place }) => {
      const upper = above.effective.timeoutMs.value;
      const lower = longestCallMs(mesh, caller, below);
      if (upper === null || above.method.streaming !== "unary" || below.method.streaming !== "unary") return [];
      if (lower !== null && lower <= upper) return [];
      const line = below.policy === undefined ? place : below.placeOf(below.effective.timeoutMs);
      return [
        {
          file: line.file,
          line: line.line,
          caller,
          service: below.service,
          method: below.method.name,
          message: `${lower === null ? "no timeout" : formatDuration(lower)}, and ${above.method.name}, for which ${caller} calls it, ends after ${formatDuration(upper)}`,
          fix: `make it less than ${formatDuration(upper)}, or raise the timeout of ${above.method.name}`,
        },
      ];
    }),
};

export const calleesTogether: Rule = {
  code: "MESH-026",
  severity: "warning",
  title: "The calls that a method makes take longer together than it has",
  why: "Each fits by itself, but made one after another they do not: when the first is slow the last is cut off, mostly the write at the end. Calls made at the same time do no harm; then suppress this with that reason.",
  wrong: "# Book has timeout: 1s and makes HoldSeats (1s) and IssueTickets (1s)",
  right: "# Book has timeout: 3s and makes HoldSeats (1s) and IssueTickets (1s)",
  sources: [references.cascading, references.deadlines],
  check: ({ mesh }) => {
    const descents = descentsOf(mesh).filter(({ below }) => below.method.streaming === "unary");
    return Map.groupBy(descents, ({ above }) => `${above.service}/${above.method.name}`)
      .values()
      .toArray()
      .flatMap((calls) => {
        const [first] = calls;
        const upper = first?.above.effective.timeoutMs.value ?? null;
        const times = calls.map(({ caller, below }) => longestCallMs(mesh, caller, below));
        if (first === undefined || upper === null || calls.length < 2) return [];
        if (times.some((time) => time === null || time > upper)) return [];
        const sum = times.reduce<number>((total, time) => total + (time ?? 0), 0);
        if (sum <= upper) return [];
        const parts = calls.map(({ below }, index) => `${below.method.name} ${formatDuration(times[index] ?? 0)}`);
        return [
          {
            ...first.above.placeOf(first.above.effective.timeoutMs),
            service: first.above.service,
            method: first.above.method.name,
            message: `${parts.join(" + ")} = ${formatDuration(sum)} one after another, and it has ${formatDuration(upper)}`,
            fix: `raise its timeout to ${formatDuration(sum)}, or shorten those of its callees`,
          },
        ];
      });
  },
};

export const noTimeout: Rule = {
  code: "MESH-027",
  severity: "warning",
  title: "A call without any timeout",
  why: "Istio sets none (bare Envoy would: 15 s). One hung host then collects requests until the caller has no memory, sockets or threads left, and the caller hangs for its own callers.",
  wrong: "methods: { ListSeats: { timeout: none } }",
  right: "methods: { ListSeats: { timeout: 800ms } }",
  sources: [references.virtualService, "https://github.com/istio/istio/issues/13421"],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter(({ method, effective, policy }) => {
        return policy !== undefined && method.streaming === "unary" && effective.timeoutMs.value === null;
      })
      .filter(({ service, method }) => {
        const callers = edgesOf(mesh).filter((edge) => edge.service === service && edge.method.name === method.name);
        const bounded = callers.filter(({ caller }) => deadlineOf(mesh, caller, service, method.name) !== undefined);
        return callers.length === 0 || bounded.length < callers.length;
      })
      .map(({ service, method, effective, placeOf }) => ({
        ...placeOf(effective.timeoutMs),
        service,
        method: method.name,
        message: "has no timeout: a hung host holds every call without end",
        fix: "write a timeout",
      })),
};

export const deadlineNeverReached: Rule = {
  code: "MESH-028",
  severity: "warning",
  title: "A deadline in the code that the mesh never lets pass",
  why: "The route's timeout is a ceiling for grpc-timeout, so the call ends earlier than its code says, with the proxy's UNAVAILABLE instead of the client's DEADLINE_EXCEEDED. Who raises the deadline in the code to help a slow call changes nothing.",
  wrong: "callers: { web: { deadline: { cinema.seats.v1.SeatService/ListSeats: 2s } } }  # policy: timeout: 800ms",
  right: "callers: { web: { deadline: { cinema.seats.v1.SeatService/ListSeats: 700ms } } }",
  sources: [references.deadlines, "https://github.com/istio/istio/pull/42049"],
  check: ({ mesh }) => {
    const methods = methodsInEffect(mesh);
    return edgesOf(mesh).flatMap(({ caller, service, method }) => {
      const route = methods.find((each) => each.service === service && each.method.name === method.name)?.effective
        .timeoutMs.value;
      const deadline = deadlineOf(mesh, caller, service, method.name);
      if (deadline === undefined || route === undefined || route === null || deadline <= route) return [];
      const said = mesh.callers.value.callers[caller]?.deadline;
      const key = `${service}/${method.name}`;
      const path = typeof said === "object" ? [key in said ? key : service] : [];
      return [
        {
          ...mesh.callers.at(["callers", caller, "deadline", ...path]),
          caller,
          service,
          method: method.name,
          message: `the code sets ${formatDuration(deadline)}, and the mesh ends the call after ${formatDuration(route)}`,
          fix: `lower the deadline to at most ${formatDuration(route)}, or raise the timeout in the policy`,
        },
      ];
    });
  },
};

export const connectAboveCall: Rule = {
  code: "MESH-029",
  severity: "warning",
  title: "Connecting may take as long as the whole call",
  why: "A host that is gone without a word (a lost node, a zone that is cut off) answers no SYN. The call runs out of time before the connection fails, so connect-failure never occurs and nothing is retried on another host. Istio's default is 10 s.",
  wrong: "defaults: { timeout: 800ms, retries: { attempts: 2, on: [connect-failure] } }  # connectTimeout: 1s",
  right: "connectTimeout: 200ms",
  sources: ["https://github.com/istio/istio/issues/21707", "https://github.com/istio/istio/issues/48649"],
  check: ({ mesh }) => {
    const methods = methodsInEffect(mesh);
    return servicesInEffect(mesh).flatMap(({ service, effective, placeOf }) => {
      const connect = effective.connectTimeoutMs;
      const waiting = methods
        .filter((each) => each.service === service && each.effective.retryAttempts.value > 0)
        .filter(({ effective: { retryOn } }) => retryOn.value.includes("connect-failure"))
        .filter(({ effective: { timeoutMs } }) => timeoutMs.value !== null && connect.value >= timeoutMs.value);
      const shortest = Math.min(...waiting.map(({ effective: { timeoutMs } }) => timeoutMs.value ?? Infinity));
      if (waiting.length === 0) return [];
      return [
        {
          ...placeOf(connect),
          service,
          message: `connecting may take ${formatDuration(connect.value)}, and ${waiting.map(({ method }) => method.name).join(", ")} end${waiting.length === 1 ? "s" : ""} after ${formatDuration(shortest)}: connect-failure comes too late to be retried`,
          fix: `write a connectTimeout well below ${formatDuration(shortest)}`,
        },
      ];
    });
  },
};
