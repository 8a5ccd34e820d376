// A workload with the services that it serves: Istio's routes and thresholds are those of a host, not of a service.
import { MeshFilesError } from "../../files/positioned.ts";
import type { Service } from "../../model/catalog.ts";
import { type Effective, type EffectiveValues, valuesOf } from "../../model/effective.ts";
import { hostOf, type Mesh, type ServicePolicy } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";

export interface ServedService {
  readonly service: Service;
  readonly policy: ServicePolicy;
}

export interface ServedWorkload {
  readonly workload: string;
  readonly host: string;
  readonly port: { readonly number: number; readonly name: string };
  readonly services: readonly ServedService[];
}

/**
 * By name of the workload.
 *
 * @throws MeshFilesError for a policy of a service that the protos do not have, and for services of one workload that
 *   name different ports
 */
export function servedWorkloads(mesh: Mesh): ServedWorkload[] {
  const byWorkload = Map.groupBy(mesh.services.values(), ({ policy }) => policy.value.workload);
  return [...byWorkload]
    .map(([workload, policies]): ServedWorkload => {
      const services = policies.map((policy) => ({ policy, service: serviceOf(mesh, policy) }));
      const [first] = policies;
      for (const { policy } of policies) {
        if (policy.value.port.number !== first?.policy.value.port.number) {
          const other = `${first?.policy.file} says ${first?.policy.value.port.number}`;
          const message = `services of one workload share its port, and ${other}`;
          throw new MeshFilesError([{ ...policy.at(["port", "number"]), field: "port.number", message }]);
        }
      }
      const { number = 0, name = "grpc" } = first?.policy.value.port ?? {};
      return { workload, host: hostOf(mesh, workload), port: { number, name }, services };
    })
    .sort((a, b) => a.workload.localeCompare(b.workload));
}

function serviceOf(mesh: Mesh, { policy }: ServicePolicy): Service {
  const service = mesh.catalog.get(policy.value.service);
  if (service !== undefined) return service;
  const message = `${policy.value.service} is in no proto`;
  throw new MeshFilesError([{ ...policy.at(["service"]), field: "service", message }]);
}

export interface RouteValues {
  readonly effective: Effective;
  readonly values: EffectiveValues;
}

/** What a method's route is to do; the same for every caller. Without a method: what the service's defaults say. */
export function routeOf(mesh: Mesh, { service }: ServedService, method = ""): RouteValues {
  const { effective } = resolveEffective(mesh, "", service.name, method);
  return { effective, values: valuesOf(effective) };
}
