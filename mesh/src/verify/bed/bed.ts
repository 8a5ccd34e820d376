// What the checks and scenarios are run on: servers and callers, each beside a proxy. The checks know no more of the
// proxies than this, so that the same checks can be run on proxies that somebody else configures.
import type { EnvoyAdmin } from "@ordermesh/engines/envoy";
import type { Mesh } from "../../model/mesh.ts";
import type { TestServer } from "./test-server.ts";

export interface InstancePlan {
  readonly name: string;
  readonly zone?: string;
  /** Whose certificate its proxy has; its own workload's where nothing is said. */
  readonly poses?: string;
}

export interface BedPlan {
  readonly mesh: Mesh;
  /** By workload. A workload that is not named takes no part. */
  readonly workloads: Readonly<Record<string, readonly InstancePlan[]>>;
}

/** Where a caller reaches a workload through its own proxy, in plaintext on this machine. */
export interface Outlet {
  readonly address: string;
  /** What to send as `:authority`; the address where undefined. */
  readonly authority?: string;
}

/** One instance of a workload with its proxy. */
export interface BedInstance {
  readonly name: string;
  readonly workload: string;
  /** undefined: it only calls. */
  readonly server: TestServer | undefined;
  /** host:port on which its proxy takes calls of other proxies. */
  readonly inbound: string | undefined;
  /** By workload called. */
  readonly outlets: ReadonlyMap<string, Outlet>;
  readonly admin: Pick<EnvoyAdmin, "stats" | "clusters">;
  /** How its proxy names the cluster of a workload that it calls. */
  readonly clusterOf: (workload: string) => string;
}

/** What a client shows and trusts that comes without a proxy. */
export interface Identity {
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface Bed {
  readonly instances: readonly BedInstance[];
  /** Issued by the authority that the proxies trust. */
  identity(spiffeId: string): Promise<Identity>;
  stop(): Promise<void>;
}

export type StartBed = (plan: BedPlan) => Promise<Bed>;

export const instancesOf = (bed: Bed, workload: string): readonly BedInstance[] =>
  bed.instances.filter((instance) => instance.workload === workload);

/** @throws Error when the bed has no such workload, or it only calls */
export function serversOf(bed: Bed, workload: string): readonly TestServer[] {
  const servers = instancesOf(bed, workload).flatMap(({ server }) => server ?? []);
  if (servers.length === 0) throw new Error(`no server of ${workload} takes part`);
  return servers;
}

/** The proxies of a caller through which it reaches a workload. */
export function callersOf(bed: Bed, caller: string, workload: string): readonly (BedInstance & { outlet: Outlet })[] {
  const instances = instancesOf(bed, caller).flatMap((instance) => {
    const outlet = instance.outlets.get(workload);
    return outlet === undefined ? [] : [{ ...instance, outlet }];
  });
  if (instances.length === 0) throw new Error(`no proxy of ${caller} reaches ${workload}`);
  return instances;
}

/** Runs `use` on a bed that is stopped in any case. */
export async function withBed<T>(start: StartBed, plan: BedPlan, use: (bed: Bed) => Promise<T>): Promise<T> {
  const bed = await start(plan);
  try {
    return await use(bed);
  } finally {
    await bed.stop();
  }
}
