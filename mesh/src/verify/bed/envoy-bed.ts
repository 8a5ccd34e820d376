// A bed of Envoys that this tool has rendered itself: each instance has one beside it, as a sidecar is beside a pod.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Authority,
  createAuthority,
  EngineError,
  type EnvoyInstallation,
  type EnvoyProcess,
  findFreePorts,
  startEnvoy,
  writeCredentials,
} from "@ordermesh/engines/envoy";
import type { Bootstrap } from "../../../gen/envoy/envoy/config/bootstrap/v3/bootstrap.ts";
import { type Mesh, spiffeId } from "../../model/mesh.ts";
import { servicesOf } from "../../model/services-of.ts";
import { type EnvoyPlacement, renderEnvoy } from "../../render/envoy/index.ts";
import type { Bed, BedInstance, BedPlan, InstancePlan, StartBed } from "./bed.ts";
import { edgesOf } from "./edges.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

/** Changes what was rendered, before Envoy reads it: how specs see whether a check notices. */
export type Alter = (bootstrap: Bootstrap, instance: { readonly workload: string; readonly name: string }) => Bootstrap;

export interface EnvoyBedOptions {
  readonly installation: EnvoyInstallation;
  readonly alter?: Alter;
}

/** Placed instances know their ports before anything runs, since each names those of the others. */
interface Placed extends InstancePlan {
  readonly workload: string;
  readonly appPort: number;
  readonly inboundPort: number;
  /** By workload called. */
  readonly outletPorts: ReadonlyMap<string, number>;
}

const loopback = "127.0.0.1";

export interface EnvoyBeds {
  readonly start: StartBed;
  /** Stops every bed that runs, for whoever cannot wait for their own end; none can be started afterwards. */
  stopAll(): Promise<void>;
}

export function envoyBeds(options: EnvoyBedOptions): EnvoyBeds {
  // As promises: whoever stops all means those, too, that are just being started.
  const live = new Set<Promise<Bed>>();
  let over = false;
  return {
    start: async (plan) => {
      if (over) throw new Error("all beds were stopped");
      const starting = startBed(plan, options).catch((error: unknown) => {
        // Another program may take a port between its choice and its use; a second choice finds others.
        if (error instanceof EngineError && error.code === "ENVOY_START_FAILED") return startBed(plan, options);
        throw error;
      });
      live.add(starting);
      const forget = (): void => void live.delete(starting);
      starting.catch(forget);
      const bed = await starting;
      return { ...bed, stop: () => bed.stop().finally(forget) };
    },
    stopAll: async () => {
      over = true;
      await Promise.allSettled([...live].map(async (starting) => (await starting).stop()));
    },
  };
}

async function startBed(plan: BedPlan, options: EnvoyBedOptions): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), "mesh-verify-"));
  const running: Running[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map(({ envoy }) => envoy.stop()));
    await Promise.all(running.map(({ server }) => server?.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const authority = await createAuthority({ trustDomain: plan.mesh.settings.value.trustDomain });
    const placed = await place(plan);
    const surroundings = { ...options, mesh: plan.mesh, placed, folder, authority };
    const started = await Promise.allSettled(
      placed.map(async (instance) => {
        running.push(await run(instance, surroundings));
      }),
    );
    for (const result of started) if (result.status === "rejected") throw result.reason;
    return {
      instances: placed.flatMap(({ name }) => running.find((each) => each.instance.name === name)?.instance ?? []),
      identity: async (id) => {
        const { certificatePem, privateKeyPem } = await authority.issue({ spiffeId: id });
        return { authorityPem: authority.caPem, certificatePem, privateKeyPem };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function place({ mesh, workloads }: BedPlan): Promise<Placed[]> {
  const edges = edgesOf(mesh);
  const instances = Object.entries(workloads).flatMap(([workload, plans]) =>
    plans.map((plan) => ({
      ...plan,
      workload,
      callees: [...new Set(edges.filter(({ caller }) => caller === workload).map((edge) => edge.workload))].filter(
        (callee) => callee in workloads,
      ),
    })),
  );
  const ports = await findFreePorts(instances.reduce((sum, { callees }) => sum + 2 + callees.length, 0));
  const port = (): number => ports.shift() ?? 0;
  return instances.map(({ callees, ...instance }) => ({
    ...instance,
    appPort: port(),
    inboundPort: port(),
    outletPorts: new Map(callees.map((callee) => [callee, port()])),
  }));
}

interface Running {
  readonly instance: BedInstance;
  readonly envoy: EnvoyProcess;
  readonly server: TestServer | undefined;
}

interface Surroundings extends EnvoyBedOptions {
  readonly mesh: Mesh;
  readonly placed: readonly Placed[];
  readonly folder: string;
  readonly authority: Authority;
}

async function run(instance: Placed, { mesh, placed, folder, authority, ...options }: Surroundings): Promise<Running> {
  const { name, workload, inboundPort, appPort, outletPorts } = instance;
  const services = servicesOf(mesh, workload).flatMap((service) => mesh.catalog.get(service) ?? []);
  const credentials = await authority.issue({ spiffeId: spiffeId(mesh, instance.poses ?? workload) });
  const files = await writeCredentials(join(folder, name), credentials, authority);
  const rendered = renderEnvoy(mesh, workload, placementOf(instance, placed, services.length > 0, files));
  const server = services.length === 0 ? undefined : await startTestServer(services, appPort);
  try {
    const envoy = await startEnvoy({
      installation: options.installation,
      name,
      bootstrap: options.alter?.(rendered, { workload, name }) ?? rendered,
      folder: join(folder, name),
      logLevel: "error",
    });
    const outlets = [...outletPorts].map(([callee, port]) => [callee, { address: `${loopback}:${port}` }] as const);
    return {
      envoy,
      server,
      instance: {
        name,
        workload,
        server,
        inbound: server === undefined ? undefined : `${loopback}:${inboundPort}`,
        outlets: new Map(outlets),
        admin: envoy,
        // The rendering names clusters after workloads.
        clusterOf: (callee) => callee,
      },
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

function placementOf(
  { name, zone, appPort, inboundPort, outletPorts }: Placed,
  placed: readonly Placed[],
  serves: boolean,
  files: { readonly certificateFile: string; readonly privateKeyFile: string; readonly caFile: string },
): EnvoyPlacement {
  const outbound = [...outletPorts].map(([callee, listenPort]) => [
    callee,
    {
      listenAddress: loopback,
      listenPort,
      endpoints: placed
        .filter(({ workload }) => workload === callee)
        .map((host) => ({
          address: loopback,
          port: host.inboundPort,
          ...(host.zone !== undefined && { zone: host.zone }),
        })),
    },
  ]);
  return {
    nodeId: name,
    adminPort: 0,
    ...(serves && {
      inbound: { address: loopback, port: inboundPort, appAddress: loopback, appPort },
    }),
    outbound: Object.fromEntries(outbound),
    ...(zone !== undefined && { zone }),
    credentials: {
      certificateFile: files.certificateFile,
      privateKeyFile: files.privateKeyFile,
      authorityFile: files.caFile,
    },
  };
}
