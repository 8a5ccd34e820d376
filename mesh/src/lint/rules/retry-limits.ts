// What limits the retries of a proxy, all calls together.
import { unlimited } from "../../model/istio-defaults.ts";
import type { Mesh } from "../../model/mesh.ts";
import { type Rule, references } from "../finding.ts";
import { methodsInEffect, servicesInEffect } from "../methods.ts";

/** Services of which a method is retried, with the most tries of one. */
function retriedServices(mesh: Mesh) {
  const tries = new Map<string, number>();
  for (const { service, effective } of methodsInEffect(mesh)) {
    tries.set(service, Math.max(tries.get(service) ?? 1, effective.retryAttempts.value + 1));
  }
  return servicesInEffect(mesh).flatMap((each) => {
    const most = tries.get(each.service) ?? 1;
    return most > 1 ? [{ ...each, tries: most }] : [];
  });
}

export const budgetLeftToDefault: Rule = {
  code: "MESH-050",
  severity: "error",
  title: "A retry budget without its percentage, on an Istio whose default is wrong",
  why: "Istio 1.27 to 1.29.1 took a budget whose percent is not written for 0.2 %, and not for the 20 % that its documentation says (mended in 1.28.10, 1.29.6 and 1.30). Then the minimum is all there is: three retries at once for each proxy.",
  wrong: 'istio: "1.28"\nbreaker: { retryMinimum: 3 }',
  right: "breaker: { retryBudget: 20%, retryMinimum: 3 }",
  sources: ["https://github.com/istio/istio/issues/59504", "https://github.com/istio/istio/pull/59505"],
  check: ({ mesh }) =>
    retriedServices(mesh).flatMap(({ service, effective, placeOf }) => {
      const { retryBudgetPercent: budget, retryBudgetMinimum: minimum } = effective;
      if (budget.source.kind === "file" || budget.value === null || budget.value >= 20) return [];
      return [
        {
          ...placeOf(minimum),
          service,
          message: `the budget's percentage is not written, and is ${budget.value}% in Istio ${mesh.settings.value.istio}: of 1,000 requests under way ${10 * budget.value} may be retries, where 20% are 200`,
          fix: "write retryBudget: 20%",
        },
      ];
    }),
};

export const retriesUnlimited: Rule = {
  code: "MESH-051",
  severity: "warning",
  title: "Retries that nothing limits",
  why: "Istio sets the limit of concurrent retries to 2³²−1 (bare Envoy: 3). When a callee fails as a whole, every proxy sends all its tries, and the load on what is failing is multiplied: a retry storm. A budget lets single failures be retried and refuses the storm.",
  wrong: "breaker: { requests: 400 }  # with retries: { attempts: 2 }",
  right: "breaker: { requests: 400, retryBudget: 20%, retryMinimum: 3 }",
  sources: [
    "https://github.com/istio/istio/issues/42065",
    "https://github.com/envoyproxy/envoy/issues/10869",
    references.cascading,
  ],
  check: ({ mesh }) =>
    retriedServices(mesh)
      .filter(({ effective }) => effective.retryBudgetPercent.value === null)
      .filter(({ effective }) => effective.maxRetries.value >= unlimited)
      .map(({ service, effective, placeOf, tries }) => ({
        ...placeOf(effective.retryBudgetPercent),
        service,
        message: `no retryBudget and no maxRetries: when it fails, it gets ${tries} times its load`,
        fix: "write retryBudget: 20% and retryMinimum: 3",
      })),
};

const largeBudgetPercent = 50;

export const budgetTooLarge: Rule = {
  code: "MESH-052",
  severity: "warning",
  title: "A retry budget that hardly limits",
  why: "The budget is a share of the requests under way, retries among them: with a budget b the load may grow to 1/(1 − b) of what the clients ask. 20 % is a quarter more, 50 % is double, 100 % is no limit.",
  wrong: "breaker: { retryBudget: 80% }",
  right: "breaker: { retryBudget: 20% }",
  sources: [references.breaking, references.overload],
  check: ({ mesh }) =>
    retriedServices(mesh).flatMap(({ service, effective: { retryBudgetPercent: budget }, placeOf }) => {
      if (budget.value === null || budget.value < largeBudgetPercent) return [];
      const growth =
        budget.value >= 100
          ? "no limit at all"
          : `1/(1 − ${budget.value / 100}) = ${Math.round(1_000 / (100 - budget.value)) / 10} times the load`;
      return [
        { ...placeOf(budget), service, message: `a budget of ${budget.value}% is ${growth}`, fix: "write 20% to 25%" },
      ];
    }),
};

export const budgetHidden: Rule = {
  code: "MESH-083",
  severity: "warning",
  title: "A limit of retries that another hides",
  why: "Envoy looks at the budget alone where there is one, and maxRetries beside it is never read. In the same way a retryMinimum above the budget's share of all allowed requests decides alone, and the percentage never counts.",
  wrong: "breaker: { retryBudget: 20%, maxRetries: 10 }",
  right: "breaker: { retryBudget: 20%, retryMinimum: 3 }",
  sources: ["https://github.com/envoyproxy/envoy/issues/30974", references.breaking],
  check: ({ mesh }) =>
    servicesInEffect(mesh).flatMap(({ service, effective, placeOf }) => {
      const { retryBudgetPercent: budget, retryBudgetMinimum: minimum, maxRetries, maxRequests } = effective;
      if (budget.value === null) return [];
      if (maxRetries.source.kind === "file") {
        const message = `maxRetries ${maxRetries.value} is never read: retryBudget ${budget.value}% takes its place`;
        return [{ ...placeOf(maxRetries), service, message, fix: "take one of the two away" }];
      }
      const most = (budget.value * maxRequests.value) / 100;
      // A percentage that nobody wrote has a finding of its own.
      if (minimum.source.kind === "default" || budget.source.kind === "default") return [];
      if (minimum.value < most || most === 0) return [];
      return [
        {
          ...placeOf(minimum),
          service,
          message: `retryMinimum ${minimum.value} is never below ${budget.value}% of ${maxRequests.value} requests = ${most}: the percentage never counts`,
          fix:
            most > 6 ? `write a retryMinimum well below ${most}, such as 3` : "write a larger retryBudget, such as 20%",
        },
      ];
    }),
};
