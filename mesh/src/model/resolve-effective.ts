// Puts layers together: what a method says goes before the defaults of its service, an overlay before the base, and
// Istio's own defaults come last.

import type { Path } from "../files/issues.ts";
import type { HostPolicy, MethodPolicy } from "../files/policy-file.ts";
import type { Effective, EffectiveCall, Fault } from "./effective.ts";
import { istioDefaults, istioDefaultsBeside } from "./istio-defaults.ts";
import { callerOf, type Mesh, type ServicePolicy } from "./mesh.ts";
import { describeSource, fromDefault, type Source, type Sourced } from "./source.ts";

/** A part of a file that may say something of the method, the one that counts most first. */
interface Layer<T> {
  readonly says: T;
  readonly at: (path: Path) => Source;
}

/**
 * @returns what is in effect when `caller` calls `method` of `service`; a service without a policy has Istio's defaults
 */
export function resolveEffective(mesh: Mesh, caller: string, service: string, method: string): EffectiveCall {
  const policy = mesh.services.get(service);
  const defaults = istioDefaults(mesh.settings.value.istio);
  const effective: Effective = {
    ...defaults,
    mtls: fromDefault("mesh", "rendered PeerAuthentication is STRICT", "strict"),
    ...(policy && {
      ...resolveMethod(methodLayers(policy, method), defaults),
      ...resolveHost(hostLayers(policy), defaults, istioDefaultsBeside(mesh.settings.value.istio)),
    }),
    allowed: resolveAllowed(mesh, caller, service, method),
  };
  return { caller, service, method, effective };
}

/** Every call that callers.yaml allows, in its order; methods in the order of the protos. */
export function allowedCalls(mesh: Mesh): EffectiveCall[] {
  return Object.entries(mesh.callers.value.callers).flatMap(([caller, { calls }]) =>
    Object.entries(calls).flatMap(([service, methods]) =>
      (mesh.catalog.get(service)?.methods ?? [])
        .filter(({ name }) => methods === "all" || methods.includes(name))
        .map(({ name }) => resolveEffective(mesh, caller, service, name)),
    ),
  );
}

function resolveAllowed(mesh: Mesh, caller: string, service: string, method: string): Sourced<boolean> {
  const methods = callerOf(mesh, caller)?.calls[service];
  if (methods === undefined) return fromDefault("mesh", `callers.yaml has no call of ${caller} to ${service}`, false);
  const path = ["callers", caller, "calls", service];
  if (methods === "all") return { value: true, source: mesh.callers.at(path) };
  const index = methods.indexOf(method);
  return { value: index >= 0, source: mesh.callers.at(index >= 0 ? [...path, index] : path) };
}

function methodLayers({ policy, overlay }: ServicePolicy, method: string): Layer<MethodPolicy>[] {
  const { service } = policy.value;
  const base = (says: MethodPolicy | undefined, path: Path): Layer<MethodPolicy>[] =>
    says === undefined ? [] : [{ says, at: (rest) => policy.at([...path, ...rest]) }];
  const over = (says: MethodPolicy | undefined, path: Path): Layer<MethodPolicy>[] =>
    says === undefined || overlay === undefined
      ? []
      : [{ says, at: (rest) => overlay.at(["services", service, ...path, ...rest]) }];
  const changes = overlay?.value.services[service];
  return [
    ...over(changes?.methods[method], ["methods", method]),
    ...base(policy.value.methods[method], ["methods", method]),
    ...over(changes?.defaults, ["defaults"]),
    ...base(policy.value.defaults, ["defaults"]),
  ];
}

function hostLayers({ policy, overlay }: ServicePolicy): Layer<HostPolicy>[] {
  const { service } = policy.value;
  const changes = overlay?.value.services[service];
  return [
    ...(changes === undefined || overlay === undefined
      ? []
      : [{ says: changes, at: (rest: Path) => overlay.at(["services", service, ...rest]) }]),
    { says: policy.value, at: policy.at },
  ];
}

/** The first layer that says something of it; the default where none does. */
function first<L, T>(
  layers: readonly Layer<L>[],
  path: Path,
  read: (says: L) => T | undefined,
  otherwise: Sourced<T>,
): Sourced<T> {
  for (const { says, at } of layers) {
    const value = read(says);
    if (value !== undefined) return { value, source: at(path) };
  }
  return otherwise;
}

type MethodFields = Pick<
  Effective,
  "timeoutMs" | "retryAttempts" | "retryPerTryMs" | "retryOn" | "retryBackoffBaseMs" | "retryBackoffMaxMs" | "fault"
>;

function resolveMethod(layers: readonly Layer<MethodPolicy>[], defaults: Effective): MethodFields {
  // Below a layer that says "none", what is said of retries no longer counts.
  const none = layers.findIndex(({ says }) => says.retries === "none");
  const speaking = none < 0 ? layers : layers.slice(0, none);
  const off = none < 0 ? undefined : layers[none]?.at(["retries"]);
  const retry = <T>(
    key: "attempts" | "perTry" | "on" | "backoff",
    read: (retries: Exclude<MethodPolicy["retries"], "none" | undefined>) => T | undefined,
    whenNone: T,
    otherwise: Sourced<T>,
  ): Sourced<T> =>
    first(
      speaking,
      ["retries", key],
      ({ retries }) => (retries === undefined || retries === "none" ? undefined : read(retries)),
      off === undefined ? otherwise : { value: whenNone, source: off },
    );
  return {
    timeoutMs: first(layers, ["timeout"], ({ timeout }) => (timeout === "none" ? null : timeout), defaults.timeoutMs),
    retryAttempts: retry("attempts", ({ attempts }) => attempts, 0, defaults.retryAttempts),
    retryPerTryMs: retry<number | null>("perTry", ({ perTry }) => perTry, null, defaults.retryPerTryMs),
    retryOn: retry("on", ({ on }) => on?.toSorted(), [], defaults.retryOn),
    retryBackoffBaseMs: retry("backoff", ({ backoff }) => backoff?.baseMs, 25, defaults.retryBackoffBaseMs),
    retryBackoffMaxMs: retry("backoff", ({ backoff }) => backoff?.maxMs, 250, defaults.retryBackoffMaxMs),
    fault: first<MethodPolicy, Fault | null>(layers, ["fault"], ({ fault }) => fault && faultOf(fault), defaults.fault),
  };
}

function faultOf({ abort, delay }: NonNullable<MethodPolicy["fault"]>): Fault {
  return {
    ...(abort && { abort }),
    ...(delay && { delay: { fixedMs: delay.fixed, percent: delay.percent } }),
  };
}

type HostFields = Omit<Effective, keyof MethodFields | "allowed" | "mtls">;

type Beside = ReturnType<typeof istioDefaultsBeside>;

function resolveHost(layers: readonly Layer<HostPolicy>[], defaults: Effective, beside: Beside): HostFields {
  type Breaker = NonNullable<HostPolicy["breaker"]>;
  const breaker = <T>(
    key: keyof Breaker,
    read: (breaker: Breaker) => T | undefined,
    otherwise: Sourced<T>,
  ): Sourced<T> => first(layers, ["breaker", key], ({ breaker: says }) => says && read(says), otherwise);
  const ejection = resolveEjection(layers, defaults, beside);
  // A minimum is that of a budget: where it stands alone, Istio has a budget with its own percentage.
  const budgeted = layers.some(({ says }) => says.breaker?.retryMinimum !== undefined);
  return {
    connectTimeoutMs: first(layers, ["connectTimeout"], (says) => says.connectTimeout, defaults.connectTimeoutMs),
    maxRequests: breaker("requests", ({ requests }) => requests, defaults.maxRequests),
    maxPending: breaker("pending", ({ pending }) => pending, defaults.maxPending),
    maxConnections: breaker("connections", ({ connections }) => connections, defaults.maxConnections),
    retryBudgetPercent: breaker<number | null>(
      "retryBudget",
      (says) => says.retryBudget,
      budgeted ? beside.retryBudgetPercent : defaults.retryBudgetPercent,
    ),
    retryBudgetMinimum: breaker("retryMinimum", ({ retryMinimum }) => retryMinimum, defaults.retryBudgetMinimum),
    maxRetries: breaker("maxRetries", ({ maxRetries }) => maxRetries, defaults.maxRetries),
    ...ejection,
    loadBalancing: first(layers, ["loadBalancing"], (says) => says.loadBalancing, defaults.loadBalancing),
    locality: resolveLocality(layers, ejection, defaults, beside),
  };
}

/** Istio sets priorities of zones only for hosts that ejection can take out: without it, traffic would never move. */
function resolveLocality(
  layers: readonly Layer<HostPolicy>[],
  ejection: EjectionFields,
  defaults: Effective,
  beside: Beside,
): Effective["locality"] {
  const ejects = ejection.ejectAfterErrors.value !== null || ejection.ejectAfterGatewayErrors.value !== null;
  const said = first(layers, ["locality"], ({ locality }) => locality, ejects ? beside.locality : defaults.locality);
  if (ejects || said.value === "off") return said;
  return fromDefault("istio", `failover needs ejection, although ${describeSource(said.source)} asks for it`, "off");
}

const asksForEjection = ({ says: { ejection } }: Layer<HostPolicy>): boolean =>
  ejection !== undefined && ejection !== "none";

type Ejecting = Exclude<HostPolicy["ejection"], "none" | undefined>;
type EjectionFields = Pick<Effective, Extract<keyof Effective, `eject${string}`>>;

function resolveEjection(layers: readonly Layer<HostPolicy>[], defaults: Effective, beside: Beside): EjectionFields {
  const none = layers.findIndex(({ says }) => says.ejection === "none");
  const speaking = none < 0 ? layers : layers.slice(0, none);
  const says = <T>(
    key: keyof Ejecting,
    read: (ejection: Ejecting) => T | undefined,
    otherwise: Sourced<T>,
  ): Sourced<T> =>
    first(
      speaking,
      ["ejection", key],
      ({ ejection }) => (ejection === undefined || ejection === "none" ? undefined : read(ejection)),
      otherwise,
    );
  const after = (kind: "errors" | "gateway-errors", otherwise: Sourced<number | null>): Sourced<number | null> =>
    says<number | null>(
      "after",
      ({ after: thresholds }) =>
        thresholds && ([thresholds].flat().find((threshold) => threshold.kind === kind)?.count ?? null),
      otherwise,
    );
  const line = layers[none]?.at(["ejection"]);
  const off = (otherwise: Sourced<number | null>): Sourced<number | null> =>
    line === undefined ? otherwise : { value: null, source: line };
  return {
    ejectAfterGatewayErrors: after("gateway-errors", off(defaults.ejectAfterGatewayErrors)),
    // Ejection that is asked for without a threshold: an outlierDetection without one.
    ejectAfterErrors: after(
      "errors",
      speaking.some(asksForEjection) ? beside.ejectAfterErrors : off(defaults.ejectAfterErrors),
    ),
    ejectIntervalMs: says("interval", ({ interval }) => interval, defaults.ejectIntervalMs),
    ejectBaseMs: says("base", ({ base }) => base, defaults.ejectBaseMs),
    ejectMaxPercent: says("max", ({ max }) => max, defaults.ejectMaxPercent),
    ejectMinHealthPercent: says("minHealth", ({ minHealth }) => minHealth, defaults.ejectMinHealthPercent),
  };
}
