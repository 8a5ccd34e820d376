// Mistakes in the configuration of proxies, put in after it was rendered: what checks have to notice.
import type { Alter } from "../bed/envoy-bed.ts";

type Json = Record<string, unknown>;

/** Calls `change` on every object of the bootstrap that has the field, with the object. */
const where = (field: string, change: (found: Json, parent: Json | undefined) => void): Alter => {
  const walk = (value: unknown, parent: Json | undefined): void => {
    if (Array.isArray(value)) for (const each of value) walk(each, parent);
    else if (isObject(value)) {
      for (const each of Object.values(value)) walk(each, value);
      if (field in value) change(value, parent);
    }
  };
  return (bootstrap) => {
    const copy = structuredClone(bootstrap);
    walk(copy, undefined);
    return copy;
  };
};

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** @param path of the method that is to be repeated although nobody may */
export const retriesOn = (path: string): Alter =>
  where("match", (route) => {
    const { match, route: action } = route;
    if (!isObject(match) || match["path"] !== path || !isObject(action)) return;
    action["retry_policy"] = { retry_on: "unavailable,reset", num_retries: 2 };
  });

export const withoutRetryPolicies: Alter = where("retry_policy", (action) => {
  delete action["retry_policy"];
});

export const withoutRbac: Alter = where("http_filters", (manager) => {
  const { http_filters: filters } = manager;
  if (!Array.isArray(filters)) return;
  manager["http_filters"] = filters.filter(
    (filter) => isObject(filter) && filter["name"] !== "envoy.filters.http.rbac",
  );
});

export const withHigherBreaker: Alter = where("max_requests", (thresholds) => {
  thresholds["max_requests"] = 1_000;
});

export const withoutEjection: Alter = where("outlier_detection", (cluster) => {
  delete cluster["outlier_detection"];
});

export const withFullBudget: Alter = where("budget_percent", (budget) => {
  budget["budget_percent"] = { value: 100 };
});

/** A rule for names in certificates would make one necessary again, so it goes, too. */
export const withOptionalTls: Alter = where("require_client_certificate", (context) => {
  context["require_client_certificate"] = false;
  const { common_tls_context: common } = context;
  const validation = isObject(common) ? common["validation_context"] : undefined;
  if (isObject(validation)) delete validation["match_typed_subject_alt_names"];
});

/** Every timeout of a route with one is a second longer. */
export const withLongerTimeouts: Alter = where("cluster", (action) => {
  const { timeout, retry_policy: retries } = action;
  if (typeof timeout === "string" && timeout !== "0s") action["timeout"] = action["max_grpc_timeout"] = longer(timeout);
  if (isObject(retries) && typeof retries["per_try_timeout"] === "string") {
    retries["per_try_timeout"] = longer(retries["per_try_timeout"]);
  }
});

const longer = (duration: string): string => `${Number.parseFloat(duration) + 1}s`;
