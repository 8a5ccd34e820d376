// The methods that rules look at, each with what is in effect and with the place where a person would change it.
import type { Path } from "../files/issues.ts";
import type { Method } from "../model/catalog.ts";
import type { Effective } from "../model/effective.ts";
import type { Mesh, ServicePolicy } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import type { Source, Sourced } from "../model/source.ts";

export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface MethodInEffect {
  readonly service: string;
  readonly method: Method;
  readonly effective: Effective;
  /** undefined: the service has no policy, Istio's defaults hold. */
  readonly policy: ServicePolicy | undefined;
  /** The line that says the value; where nobody wrote it, the nearest place to write it. */
  readonly placeOf: (sourced: Sourced<unknown>) => Place;
}

// Every rule asks for them, and a mesh does not change: they are worked out once.
const methodsByMesh = new WeakMap<Mesh, readonly MethodInEffect[]>();

/** Every method of a service that has a policy or a caller, in the order of the protos. */
export function methodsInEffect(mesh: Mesh): readonly MethodInEffect[] {
  const known = methodsByMesh.get(mesh) ?? workOut(mesh);
  methodsByMesh.set(mesh, known);
  return known;
}

function workOut(mesh: Mesh): MethodInEffect[] {
  return [...mesh.catalog.values()].flatMap(({ name, methods }) => {
    const policy = mesh.services.get(name);
    const edge = firstEdge(mesh, name);
    if (policy === undefined && edge === undefined) return [];
    return methods.map((method): MethodInEffect => {
      const fallback = policy === undefined ? (edge ?? method) : placeInPolicy(policy, ["methods", method.name]);
      return {
        service: name,
        method,
        policy,
        effective: resolveEffective(mesh, "", name, method.name).effective,
        placeOf: ({ source }) => placed(source, fallback),
      };
    });
  });
}

/** One entry per service with a policy, for what holds for its hosts and not for a method. */
export function servicesInEffect(
  mesh: Mesh,
): { service: string; policy: ServicePolicy; effective: Effective; placeOf: MethodInEffect["placeOf"] }[] {
  return [...mesh.services].map(([service, policy]) => ({
    service,
    policy,
    effective: resolveEffective(mesh, "", service, "").effective,
    placeOf: ({ source }) => placed(source, placeInPolicy(policy, [])),
  }));
}

/** The deepest part of the path that the policy file has, else the line of its service. */
export function placeInPolicy({ policy }: ServicePolicy, path: Path): Place {
  return policy.at(path.length > 0 && has(policy.value, path) ? path : ["service"]);
}

function has(value: unknown, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  if (typeof value !== "object" || value === null || !(step in value)) return false;
  return has((value as Record<string, unknown>)[step], rest);
}

/** Takes the line of a file, or the fallback for a default. */
export function placed(source: Source, fallback: Place): Place {
  const { file, line } = source.kind === "file" ? source : fallback;
  return { file, line };
}

function firstEdge(mesh: Mesh, service: string): Place | undefined {
  for (const [caller, { calls }] of Object.entries(mesh.callers.value.callers)) {
    if (service in calls) return mesh.callers.at(["callers", caller, "calls", service]);
  }
  return undefined;
}
