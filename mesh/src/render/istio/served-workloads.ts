// A workload with the services that it serves: Istio's routes and thresholds are those of a host, not of a service.
import { MeshFilesError } from "../../files/positioned.ts";
import type { Service } from "../../model/catalog.ts";
import { type Effective, type EffectiveValues, valuesOf } from "../../model/effective.ts";
import { hostOf, type Mesh, type ServicePolicy } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import { refuse } from "./sayable.ts";

export interface ServedService {
  readonly service: Service;
  readonly policy: ServicePolicy;
}

export interface ServedWorkload {
  readonly workload: string;
  readonly host: string;
  readonly port: { readonly number: number; readonly name: string };
  readonly services: readonly [ServedService, ...ServedService[]];
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
    .flatMap(([workload, [first, ...others]]): ServedWorkload[] => {
      if (first === undefined) return [];
      refuseOtherPorts(first, others);
      const { number, name = "grpc" } = first.policy.value.port;
      const services = [served(mesh, first), ...others.map((policy) => served(mesh, policy))] as const;
      return [{ workload, host: hostOf(mesh, workload), port: { number, name }, services }];
    })
    .sort((a, b) => a.workload.localeCompare(b.workload));
}

function refuseOtherPorts(first: ServicePolicy, others: readonly ServicePolicy[]): void {
  const { number } = first.policy.value.port;
  refuse(
    others
      .filter(({ policy }) => policy.value.port.number !== number)
      .map(({ policy }) => ({
        ...policy.at(["port", "number"]),
        field: "port.number",
        message: `services of one workload share its port, and ${first.policy.file} says ${number}`,
      })),
  );
}

const served = (mesh: Mesh, policy: ServicePolicy): ServedService => ({ policy, service: serviceOf(mesh, policy) });

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
