// The whole of a mesh folder, read for one environment.

import type { Caller, CallersFile, MeshFile } from "../files/mesh-file.ts";
import type { OverlayFile, PolicyFile } from "../files/policy-file.ts";
import type { Positioned } from "../files/positioned.ts";
import type { Catalog } from "./catalog.ts";

/** A policy file with what the overlay of the environment says of its service. */
export interface ServicePolicy {
  readonly policy: Positioned<PolicyFile>;
  readonly overlay: Positioned<OverlayFile> | undefined;
  readonly replicas: number;
}

export interface Mesh {
  /** Absolute path of the folder; every `file` elsewhere is relative to it. */
  readonly folder: string;
  readonly environment: string;
  readonly settings: Positioned<MeshFile>;
  readonly callers: Positioned<CallersFile>;
  readonly catalog: Catalog;
  /** By full name of the gRPC service. */
  readonly services: ReadonlyMap<string, ServicePolicy>;
}

/** Name of every workload, servers and pure callers, sorted. */
export function workloadsOf(mesh: Mesh): string[] {
  const servers = [...mesh.services.values()].map(({ policy }) => policy.value.workload);
  return [...new Set([...servers, ...Object.keys(mesh.callers.value.callers)])].sort();
}

/** The caller as callers.yaml describes it; undefined when it has no entry. */
export function callerOf(mesh: Mesh, name: string): Caller | undefined {
  return mesh.callers.value.callers[name];
}

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`, Istio's form of an identity. */
export function spiffeId(mesh: Mesh, workload: string): string {
  const { trustDomain, namespace } = mesh.settings.value;
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccountOf(mesh, workload)}`;
}

/** The Kubernetes service account of a workload: its own name where callers.yaml says nothing. */
export function serviceAccountOf(mesh: Mesh, workload: string): string {
  return callerOf(mesh, workload)?.serviceAccount ?? workload;
}

/** The host name under which a cluster's clients call a workload. The cluster's domain is not the trust domain. */
export function hostOf(mesh: Mesh, workload: string): string {
  return `${workload}.${mesh.settings.value.namespace}.svc.cluster.local`;
}

/** How many proxies of the caller run in this environment: thresholds of breakers are per proxy. */
export function replicasOf(mesh: Mesh, workload: string): number {
  for (const { policy, replicas } of mesh.services.values()) if (policy.value.workload === workload) return replicas;
  return countFor(callerOf(mesh, workload)?.replicas ?? 1, mesh.environment);
}

/** A count that may differ per environment; 1 where the environment is not named. */
export function countFor(count: number | Readonly<Record<string, number>>, environment: string): number {
  return typeof count === "number" ? count : (count[environment] ?? 1);
}

/** The workloads that a caller may call, sorted; those that serve none of the services it is allowed do not count. */
export function workloadsCalledBy(mesh: Mesh, caller: string): string[] {
  const called = Object.keys(callerOf(mesh, caller)?.calls ?? {}).flatMap(
    (service) => mesh.services.get(service)?.policy.value.workload ?? [],
  );
  return [...new Set(called)].sort();
}

/** The same mesh under another version of Istio, such as `1.28.10`. */
export function onIstio(mesh: Mesh, istio: string): Mesh {
  return { ...mesh, settings: { ...mesh.settings, value: { ...mesh.settings.value, istio } } };
}
