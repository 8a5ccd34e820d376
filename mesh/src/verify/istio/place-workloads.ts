// Addresses of the loopback network for the instances of one bed.
import { findFreePorts } from "@ordermesh/engines/envoy";
import type { Mesh } from "../../model/mesh.ts";
import { servicesOf } from "../../model/services-of.ts";
import type { IstioPlacement } from "../../render/istio/index.ts";
import type { BedPlan, InstancePlan } from "../bed/bed.ts";

export interface PlacedWorkload extends InstancePlan {
  readonly workload: string;
  /** Among the instances of its workload. */
  readonly index: number;
  /** Its own. */
  readonly address: string;
  readonly inboundPort: number;
  /** Of 127.0.0.1. */
  readonly appPort: number;
}

/** The same for all: their addresses differ. */
const inboundPort = 15_443;
/** 127.0.x is what everything else on a machine uses. */
const firstNetwork = 16;
const networks = 200;

/** @param bedNumber no two beds in a row get the same addresses, so that nothing of the last one is in the way */
export async function placeWorkloads({ workloads }: BedPlan, bedNumber: number): Promise<PlacedWorkload[]> {
  const instances = Object.entries(workloads).flatMap(([workload, plans]) =>
    plans.map((plan, index) => ({ ...plan, workload, index })),
  );
  const ports = await findFreePorts(instances.length);
  const network = firstNetwork + (bedNumber % networks);
  return instances.map((instance, index) => ({
    ...instance,
    address: `127.0.${network}.${index + 1}`,
    inboundPort,
    appPort: ports[index] ?? 0,
  }));
}

/** As the rendering takes it. */
export function placementOf(mesh: Mesh, placed: readonly PlacedWorkload[]): IstioPlacement {
  const byWorkload = [...Map.groupBy(placed, ({ workload }) => workload)];
  return {
    workloads: Object.fromEntries(
      byWorkload.map(([workload, instances]) => [
        workload,
        {
          instances:
            servicesOf(mesh, workload).length === 0
              ? []
              : instances.map(({ address, appPort, zone }) => ({
                  address,
                  inboundPort,
                  appPort,
                  ...(zone !== undefined && { zone: `local/${zone}` }),
                })),
        },
      ]),
    ),
    egressBind: Object.fromEntries(
      byWorkload.map(([workload, instances]) => [workload, instances.map(({ address }) => address)]),
    ),
  };
}

/** @throws Error for a workload that serves nothing */
export function servicePort(mesh: Mesh, workload: string): number {
  for (const { policy } of mesh.services.values()) {
    if (policy.value.workload === workload) return policy.value.port.number;
  }
  throw new Error(`${workload} serves nothing`);
}
