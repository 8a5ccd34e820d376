// The same failure retried by more than one layer.
import type { RetryCondition } from "../../files/policy-file.ts";
import { codeRetriesOf, descentsOf, edgesOf } from "../calls.ts";
import { type Rule, references } from "../finding.ts";
import { methodsInEffect } from "../methods.ts";

export const faultBesideRetry: Rule = {
  code: "MESH-013",
  severity: "error",
  title: "Fault and retries on one route",
  why: "Istio puts faults in before the router of the calling proxy, and leaves timeouts and retries of that route aside while a fault is there. An experiment that is to show how retries help shows a mesh without them, and real failures during it are not retried either.",
  wrong:
    "methods: { ListSeats: { fault: { abort: { status: UNAVAILABLE, percent: 50% } }, retries: { attempts: 2 } } }",
  right: "methods: { ListSeats: { fault: { abort: { status: UNAVAILABLE, percent: 50% } }, retries: none } }",
  sources: ["https://github.com/istio/istio/issues/13705", references.virtualService],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter(({ effective }) => effective.fault.value !== null && effective.retryAttempts.value > 0)
      .map(({ service, method, effective, placeOf }) => ({
        ...placeOf(effective.fault),
        service,
        method: method.name,
        message: `has a fault and ${effective.retryAttempts.value} retries: while the fault is there, Istio neither retries nor times out on this route`,
        fix: "put the fault at the callee's own proxy or into the code, or write retries: none while it is there",
      })),
};

export const retriedInCodeToo: Rule = {
  code: "MESH-014",
  severity: "error",
  title: "Retried by the caller's code and by the mesh",
  why: "Each try of the code is tried again by the proxy, so their numbers are multiplied just when the callee is in trouble. The budget of the proxy sees only its own retries: those of the code are fresh requests to it.",
  wrong: "callers: { web: { retriesInCode: { cinema.seats.v1.SeatService/ListSeats: 3 } } }  # policy: attempts: 2",
  right: "callers: { web: { } }  # one layer: the mesh",
  sources: [references.cascading, "https://github.com/istio/istio/issues/13851"],
  check: ({ mesh }) => {
    const methods = methodsInEffect(mesh);
    return edgesOf(mesh).flatMap(({ caller, service, method }) => {
      const inCode = codeRetriesOf(mesh, caller, service, method.name);
      const inMesh = methods.find((each) => each.service === service && each.method.name === method.name);
      const retries = inMesh?.effective.retryAttempts.value ?? 0;
      if (inCode === 0 || retries === 0) return [];
      const said = mesh.callers.value.callers[caller]?.retriesInCode ?? {};
      const key = `${service}/${method.name}` in said ? `${service}/${method.name}` : service;
      const tries = `(${inCode} + 1) × (${retries} + 1) = ${(inCode + 1) * (retries + 1)}`;
      return [
        {
          ...mesh.callers.at(["callers", caller, "retriesInCode", key]),
          caller,
          service,
          method: method.name,
          message: `${inCode} retries in the code of ${caller} and ${retries} of the mesh: one call is up to ${tries} requests`,
          fix: "take the retries out of the code, or write retries: none in the policy",
        },
      ];
    });
  },
};

/** Conditions that a failure of something further down can meet, when the callee passes it on. */
const passedOn: readonly RetryCondition[] = [
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
];

export const retriedAtTwoHops: Rule = {
  code: "MESH-015",
  severity: "error",
  title: "The same failure is retried at two hops",
  why: "When the lower call fails for good, the method above fails with it, and its own caller retries the whole: the retries of both hops are multiplied. With three hops of two retries a failing database sees 27 requests for one of a user, and cannot recover.",
  wrong: "# HoldSeats asks for QuotePrices; both have retries: { attempts: 2, on: [unavailable] }",
  right: "# QuotePrices, the lower one, keeps its retries\nmethods: { HoldSeats: { retries: none } }",
  sources: [references.cascading, references.overload, "https://github.com/istio/istio/issues/25160"],
  check: ({ mesh }) =>
    descentsOf(mesh).flatMap(({ caller, above, below, place }) => {
      const upper = above.effective.retryAttempts.value;
      const lower = below.effective.retryAttempts.value;
      const again = above.effective.retryOn.value.filter((condition) => passedOn.includes(condition));
      if (upper === 0 || lower === 0 || again.length === 0) return [];
      const tries = `(${upper} + 1) × (${lower} + 1) = ${(upper + 1) * (lower + 1)}`;
      return [
        {
          file: place.file,
          line: place.line,
          caller,
          service: below.service,
          method: below.method.name,
          message: `called to answer ${above.method.name}, and both are retried (${lower} and ${upper} times, the upper one on ${again.join(", ")}): up to ${tries} requests for one call`,
          fix: `keep one: write retries: none for ${above.method.name}, or for ${below.method.name}, or leave the upper one connect-failure and refused-stream only`,
        },
      ];
    }),
};
