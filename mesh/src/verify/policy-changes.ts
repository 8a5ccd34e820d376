// Changes policies in memory for one check: ejections in time-lapse, or a rule switched off that would hide another.
// Lines of the files are named as before: what a check proves is what stands there.

import type { Path } from "../files/issues.ts";
import type { HostPolicy, OverlayFile } from "../files/policy-file.ts";
import type { Positioned } from "../files/positioned.ts";
import { effectiveOfHost } from "../model/host-values.ts";
import type { Mesh, ServicePolicy } from "../model/mesh.ts";

type OverlayService = OverlayFile["services"][string];

/** What an overlay may say of a service, as far as it is to be changed. */
export type Changes = Partial<OverlayService>;

/** The mesh with an overlay of these changes above all others. */
export function changePolicies(mesh: Mesh, changesOf: (service: string) => Changes): Mesh {
  const services = [...mesh.services].map(([name, policy]) => [name, change(policy, name, changesOf(name))] as const);
  return { ...mesh, services: new Map(services) };
}

function change(service: ServicePolicy, name: string, changes: Changes): ServicePolicy {
  const { policy, overlay } = service;
  const existing: OverlayService = overlay?.value.services[name] ?? { defaults: {}, methods: {} };
  const merged: OverlayService = {
    ...existing,
    ...changes,
    ...(changes.ejection !== undefined && { ejection: mergeEjection(existing.ejection, changes.ejection) }),
    ...(changes.breaker !== undefined && { breaker: { ...existing.breaker, ...changes.breaker } }),
  };
  const at = (path: Path): ReturnType<Positioned<OverlayFile>["at"]> => {
    const [, , ...rest] = path;
    return overlay !== undefined && says(existing, rest) ? overlay.at(path) : policy.at(rest);
  };
  return { ...service, overlay: { file: overlay?.file ?? policy.file, value: { services: { [name]: merged } }, at } };
}

type Ejection = HostPolicy["ejection"];

function mergeEjection(existing: Ejection, change: Ejection): Ejection {
  return typeof existing === "object" && typeof change === "object" ? { ...existing, ...change } : change;
}

function says(value: unknown, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && says(Reflect.get(value, step), rest);
}

/** Interval and base time of every ejection divided by the factor; nothing else changes. */
export function timeLapse(mesh: Mesh, factor: number): Mesh {
  if (factor === 1) return mesh;
  return changePolicies(mesh, (service) => {
    const { ejectAfterErrors, ejectAfterGatewayErrors, ejectIntervalMs, ejectBaseMs } = effectiveOfHost(mesh, service);
    // Without a threshold there is no ejection, and naming a time would make one.
    if (ejectAfterErrors.value === null && ejectAfterGatewayErrors.value === null) return {};
    return { ejection: { interval: ejectIntervalMs.value / factor, base: ejectBaseMs.value / factor } };
  });
}

export const withoutEjection = (mesh: Mesh): Mesh => changePolicies(mesh, () => ({ ejection: "none" }));

/** As many retries at once as the methods ask for. */
export const withoutRetryLimits = (mesh: Mesh): Mesh =>
  changePolicies(mesh, () => ({ breaker: { retryBudget: 100, retryMinimum: 1_000 } }));

/** No timeout and no retry of any method. */
export const withoutTimeoutsAndRetries = (mesh: Mesh): Mesh =>
  changePolicies(mesh, (service) => ({
    methods: everyMethod(mesh, service, { timeout: "none", retries: "none" }),
  }));

export const withoutRetries = (mesh: Mesh): Mesh =>
  changePolicies(mesh, (service) => ({
    methods: Object.fromEntries(
      (mesh.catalog.get(service)?.methods ?? []).map(({ name }) => [
        name,
        { ...mesh.services.get(service)?.overlay?.value.services[service]?.methods[name], retries: "none" as const },
      ]),
    ),
  }));

function everyMethod(mesh: Mesh, service: string, says: OverlayService["methods"][string]): OverlayService["methods"] {
  return Object.fromEntries((mesh.catalog.get(service)?.methods ?? []).map(({ name }) => [name, says]));
}
