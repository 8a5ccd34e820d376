// Conditions that cannot occur, that do harm, or whose retries are never allowed.
import type { RetryCondition } from "../../files/policy-file.ts";
import { type Rule, references } from "../finding.ts";
import { methodsInEffect, servicesInEffect } from "../methods.ts";

/** They look at the HTTP status, which is 200 for every gRPC answer, errors included. */
const httpStatusOnly: readonly RetryCondition[] = ["retriable-4xx", "retriable-status-codes"];
/** They too, but a reset or a timeout of a try also counts for them. */
const httpStatusOrReset: readonly RetryCondition[] = ["5xx", "gateway-error"];
const grpcStatus: readonly RetryCondition[] = [
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
];

export const conditionNeverMet: Rule = {
  code: "MESH-016",
  severity: "warning",
  title: "A retry condition that no gRPC answer meets",
  why: "A gRPC error travels as HTTP 200 with a grpc-status. Conditions on the HTTP status never see it: a policy that retries on 5xx alone retries resets and timeouts of a try, and not one UNAVAILABLE that a server answers.",
  wrong: "retries: { attempts: 2, on: [5xx] }",
  right: "retries: { attempts: 2, on: [unavailable, connect-failure, refused-stream, reset] }",
  sources: [references.router, "https://github.com/envoyproxy/envoy/issues/7413"],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap(({ service, method, effective, placeOf }) => {
      const { retryOn, retryAttempts } = effective;
      if (retryAttempts.value === 0 || retryOn.source.kind === "default") return [];
      const never = retryOn.value.filter((condition) => httpStatusOnly.includes(condition));
      const blind =
        retryOn.value.some((condition) => httpStatusOrReset.includes(condition)) &&
        !retryOn.value.some((condition) => grpcStatus.includes(condition));
      const at = { ...placeOf(retryOn), service, method: method.name };
      return [
        ...(never.length === 0
          ? []
          : [
              {
                ...at,
                message: `${never.join(", ")}: looks at the HTTP status, which is 200 for every gRPC answer, so it never applies`,
                fix: "take it out; for answers of the server name a gRPC status, such as unavailable",
              },
            ]),
        ...(blind
          ? [
              {
                ...at,
                message: `${retryOn.value.join(", ")}: an answer UNAVAILABLE is HTTP 200 to these conditions and is not retried`,
                fix: "add unavailable",
              },
            ]
          : []),
      ];
    }),
};

export const overloadRetried: Rule = {
  code: "MESH-017",
  severity: "warning",
  title: "What says overload is retried",
  why: "RESOURCE_EXHAUSTED means that the callee is full or that the caller has used up its quota; DEADLINE_EXCEEDED mostly that it is slow. To send the same again adds load to what has too much, and keeps it down. DEADLINE_EXCEEDED is let pass where each try has its time and a budget bounds what retries add: there it is how a try that hangs is left (MESH-019).",
  wrong: "retries: { attempts: 3, on: [unavailable, resource-exhausted] }",
  right: "retries: { attempts: 2, on: [unavailable, connect-failure, refused-stream, reset] }",
  sources: [references.overload, references.cascading, "https://github.com/envoyproxy/envoy/issues/10706"],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap(({ service, method, effective, placeOf }) => {
      const { retryOn, retryAttempts, retryPerTryMs, retryBudgetPercent } = effective;
      const bounded = retryPerTryMs.value !== null && retryBudgetPercent.value !== null;
      const bad = retryOn.value.filter(
        (each) => each === "resource-exhausted" || (each === "deadline-exceeded" && !bounded),
      );
      if (retryAttempts.value === 0 || bad.length === 0) return [];
      return [
        {
          ...placeOf(retryOn),
          service,
          method: method.name,
          message: `${bad.join(" and ")}: a callee that is full or slow gets up to ${retryAttempts.value + 1} times the requests`,
          fix: `take ${bad.join(" and ")} out of on`,
        },
      ];
    }),
};

export const retriesNeverAllowed: Rule = {
  code: "MESH-018",
  severity: "error",
  title: "Retries that their own limit never allows",
  why: "A budget of 0 % with a minimum of 0, or a maximum of 0 concurrent retries, refuses every retry (upstream_rq_retry_overflow counts them). The policy reads as if calls were retried, and none is.",
  wrong: "breaker: { retryBudget: 0%, retryMinimum: 0 }  # with retries: { attempts: 2 }",
  right: "breaker: { retryBudget: 20%, retryMinimum: 3 }",
  sources: [references.breaking, "https://github.com/envoyproxy/envoy/issues/29762"],
  check: ({ mesh }) => {
    const retried = new Set(
      methodsInEffect(mesh)
        .filter(({ effective }) => effective.retryAttempts.value > 0)
        .map(({ service }) => service),
    );
    return servicesInEffect(mesh)
      .filter(({ service }) => retried.has(service))
      .flatMap(({ service, effective, placeOf }) => {
        const { retryBudgetPercent: budget, retryBudgetMinimum: minimum, maxRetries } = effective;
        const none = budget.value === null ? maxRetries.value === 0 : budget.value === 0 && minimum.value === 0;
        if (!none) return [];
        const said = budget.value === null ? "maxRetries 0" : "a retryBudget of 0% and a retryMinimum of 0";
        return [
          {
            ...placeOf(budget.value === null ? maxRetries : budget),
            service,
            message: `methods have retries, but ${said} refuses every one of them`,
            fix: "write a budget such as 20% with a retryMinimum of 3, or retries: none",
          },
        ];
      });
  },
};
