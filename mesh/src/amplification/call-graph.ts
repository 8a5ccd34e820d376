// Which calls follow from a call: the graph whose nodes are methods and whose edges are calls that may be retried.
import { findMethod } from "../model/catalog.ts";
import type { EffectiveCall } from "../model/effective.ts";
import { callerOf, type Mesh } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { describeSource } from "../model/source.ts";

/** One call that a workload makes, with every way in which it may be sent more than once. */
export interface Call {
  readonly caller: string;
  readonly service: string;
  readonly method: string;
  /** Retries of the caller's proxy after the first try. */
  readonly meshRetries: number;
  /** `policies/inventory.yaml:9`, or which default. */
  readonly meshRetriesFrom: string;
  /** Retries of the caller's own code; each goes through all tries of the proxy. */
  readonly codeRetries: number;
  readonly codeRetriesFrom: string;
  /** Share of active requests that may be retries; null: no budget. */
  readonly retryBudgetPercent: number | null;
  /** Nothing says that the caller makes this call here: callers.yaml only allows it. */
  readonly assumed: boolean;
}

/** Calls that come in from outside the mesh: everything that callers with `edge: true` may call. */
export function edgeCalls(mesh: Mesh): Call[] {
  return Object.entries(mesh.callers.value.callers)
    .filter(([, { edge }]) => edge)
    .flatMap(([caller]) => allowedCallsOf(mesh, caller, false));
}

/**
 * The calls that the workload of `service` makes to answer `method`. Where `during` of callers.yaml says nothing of the
 * method, each call that the workload may make is assumed, once. `Method: {}` there says that it makes none, `"*": {}`
 * that the methods not named make none. A method that stands twice is called twice.
 */
export function callsDuring(mesh: Mesh, service: string, method: string): Call[] {
  const workload = mesh.services.get(service)?.policy.value.workload;
  const caller = workload === undefined ? undefined : callerOf(mesh, workload);
  if (workload === undefined || caller === undefined) return [];
  const during = caller.during[method] ?? caller.during["*"];
  if (during === undefined) return allowedCallsOf(mesh, workload, true);
  return Object.entries(during).flatMap(([callee, methods]) =>
    methods
      .filter((name) => findMethod(mesh.catalog, callee, name) !== undefined)
      .map((name) => callOf(mesh, resolveEffective(mesh, workload, callee, name), false))
      .filter((call) => isAllowed(mesh, call)),
  );
}

function allowedCallsOf(mesh: Mesh, caller: string, assumed: boolean): Call[] {
  return Object.entries(callerOf(mesh, caller)?.calls ?? {}).flatMap(([service, methods]) =>
    (mesh.catalog.get(service)?.methods ?? [])
      .filter(({ name }) => methods === "all" || methods.includes(name))
      .map(({ name }) => callOf(mesh, resolveEffective(mesh, caller, service, name), assumed)),
  );
}

// A call that is denied ends at the callee's proxy and never reaches the service.
const isAllowed = (mesh: Mesh, { caller, service, method }: Call): boolean =>
  resolveEffective(mesh, caller, service, method).effective.allowed.value;

function callOf(mesh: Mesh, { caller, service, method, effective }: EffectiveCall, assumed: boolean): Call {
  const { retriesInCode = {} } = callerOf(mesh, caller) ?? {};
  const key = [`${service}/${method}`, service].find((name) => retriesInCode[name] !== undefined);
  const never =
    effective.retryOn.value.length === 0 ||
    (effective.retryBudgetPercent.value === null && effective.maxRetries.value === 0);
  return {
    caller,
    service,
    method,
    meshRetries: never ? 0 : effective.retryAttempts.value,
    meshRetriesFrom: describeSource(effective.retryAttempts.source),
    codeRetries: key === undefined ? 0 : (retriesInCode[key] ?? 0),
    codeRetriesFrom:
      key === undefined ? "" : describeSource(mesh.callers.at(["callers", caller, "retriesInCode", key])),
    retryBudgetPercent: effective.retryBudgetPercent.value,
    assumed,
  };
}
