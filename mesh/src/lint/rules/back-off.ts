// Pauses between tries that cannot be had.
import { formatDuration } from "../../files/values.ts";
import { type Rule, references } from "../finding.ts";
import { methodsInEffect } from "../methods.ts";

export const backoffNotInIstio: Rule = {
  code: "MESH-032",
  severity: "warning",
  title: "A longest pause that Istio cannot be told",
  why: "Istio's VirtualService takes the first pause only; Envoy then makes the longest ten times that. Another longest pause holds where the mesh is rendered for Envoy, and not in the cluster.",
  wrong: "retries: { attempts: 2, backoff: 25ms..1s }",
  right: "retries: { attempts: 2, backoff: 25ms..250ms }",
  sources: [references.virtualService, references.router],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap(({ service, method, effective, placeOf }) => {
      const { retryAttempts, retryBackoffBaseMs: base, retryBackoffMaxMs: max } = effective;
      if (retryAttempts.value === 0 || max.source.kind === "default") return [];
      if (max.value === base.value * 10 || max.value < base.value) return [];
      return [
        {
          ...placeOf(max),
          service,
          method: method.name,
          message: `pauses of up to ${formatDuration(max.value)}, and in Istio up to 10 × ${formatDuration(base.value)} = ${formatDuration(base.value * 10)}`,
          fix: `write ${formatDuration(base.value)}..${formatDuration(base.value * 10)}`,
        },
      ];
    }),
};

export const backoffUpsideDown: Rule = {
  code: "MESH-033",
  severity: "error",
  title: "A longest pause below the first",
  why: "Envoy refuses a configuration whose longest pause is below the first, and keeps the one it had: the whole change is not in force.",
  wrong: "retries: { backoff: 250ms..25ms }",
  right: "retries: { backoff: 25ms..250ms }",
  sources: ["https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto"],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter(({ effective }) => effective.retryBackoffMaxMs.value < effective.retryBackoffBaseMs.value)
      .map(({ service, method, effective, placeOf }) => ({
        ...placeOf(effective.retryBackoffMaxMs),
        service,
        method: method.name,
        message: `the longest pause, ${formatDuration(effective.retryBackoffMaxMs.value)}, is below the first, ${formatDuration(effective.retryBackoffBaseMs.value)}`,
        fix: "write the shorter one first",
      })),
};
