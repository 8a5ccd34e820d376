// A bed of real Istio sidecars: what they do, istiod has told them, from the resources that this tool renders.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Authority, EnvoyInstallation } from "@ordermesh/engines/envoy";
import { type IstioControlPlane, type IstioSidecar, startSidecar } from "@ordermesh/engines/istio";
import { stringify } from "yaml";
import { hostOf, type Mesh, serviceAccountOf, workloadsCalledBy } from "../../model/mesh.ts";
import { servicesOf } from "../../model/services-of.ts";
import { type IstioResource, istioYaml, placedLabels, renderIstio } from "../../render/istio/index.ts";
import type { Bed, BedInstance, BedPlan, Outlet } from "../bed/bed.ts";
import { startTestServer, type TestServer } from "../bed/test-server.ts";
import { istioAuthority } from "./istio-authority.ts";
import { type PlacedWorkload, placementOf, placeWorkloads, servicePort } from "./place-workloads.ts";

export interface IstioBedOptions {
  readonly controlPlane: IstioControlPlane;
  readonly envoy: EnvoyInstallation;
}

/** A bed whose sidecars can be looked into, and whose policies can be changed while it runs. */
export interface IstioBed extends Bed {
  /** By the name of the instance. */
  readonly sidecars: ReadonlyMap<string, IstioSidecar>;
  /** Applies the policies of another mesh of the same workloads. Resolves when the API server has them. */
  change(mesh: Mesh): Promise<void>;
}

/** Beds on one control plane, one at a time: they share its namespace. */
export function istioBeds(options: IstioBedOptions): (plan: BedPlan) => Promise<IstioBed> {
  let bedNumber = 0;
  return (plan) => {
    bedNumber += 1;
    return startBed(plan, { ...options, bedNumber });
  };
}

interface Surroundings extends IstioBedOptions {
  readonly bedNumber: number;
}

async function startBed(plan: BedPlan, { controlPlane, envoy, bedNumber }: Surroundings): Promise<IstioBed> {
  const { mesh } = plan;
  const folder = await mkdtemp(join(tmpdir(), "mesh-istio-"));
  const placed = await placeWorkloads(plan, bedNumber);
  const render = (of: Mesh): IstioResource[] => renderIstio(of, { placement: placementOf(of, placed) });
  const sidecars = new Map<string, IstioSidecar>();
  const servers = new Map<string, TestServer>();
  const { kubectl } = controlPlane;
  const remove = async (resources: readonly IstioResource[]): Promise<void> => {
    if (resources.length === 0) return;
    await kubectl(["delete", "--ignore-not-found", "--wait=false", "-f", "-"], { stdin: istioYaml(resources) });
  };
  let inForce = render(mesh);
  const stop = async (): Promise<void> => {
    await Promise.all([...sidecars.values()].map((sidecar) => sidecar.stop()));
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await remove(inForce);
    await rm(folder, { recursive: true, force: true });
  };
  const run = async (instance: PlacedWorkload): Promise<void> => {
    const { name, workload, index, address, zone } = instance;
    const services = servicesOf(mesh, workload).flatMap((service) => mesh.catalog.get(service) ?? []);
    if (services.length > 0) servers.set(name, await startTestServer(services, instance.appPort));
    const sidecar = await startSidecar({
      controlPlane,
      envoyBinary: envoy.binary,
      namespace: mesh.settings.value.namespace,
      serviceAccount: serviceAccountOf(mesh, instance.poses ?? workload),
      labels: { ...placedLabels(workload, index), ...(zone !== undefined && { "istio-locality": `local.${zone}` }) },
      address,
      folder: join(folder, name),
      name,
    });
    sidecars.set(name, sidecar);
  };
  try {
    await controlPlane.apply(namespaceOf(mesh));
    await controlPlane.apply(istioYaml(inForce));
    const started = await Promise.allSettled(placed.map(run));
    for (const result of started) if (result.status === "rejected") throw result.reason;
    await controlPlane.settled();
  } catch (error) {
    await stop();
    throw error;
  }
  let authority: Promise<Authority> | undefined;
  return {
    instances: placed.flatMap((instance) => instanceOf(mesh, instance, servers, sidecars)),
    sidecars,
    change: async (to) => {
      const next = render(to);
      const kept = new Set(next.map(nameOf));
      const gone = inForce.filter((resource) => !kept.has(nameOf(resource)));
      inForce = next;
      await controlPlane.apply(istioYaml(next));
      await remove(gone);
    },
    identity: async (spiffeId) => {
      authority ??= istioAuthority(controlPlane);
      const { caPem, issue } = await authority;
      const { certificatePem, privateKeyPem } = await issue({ spiffeId });
      return { authorityPem: caPem, certificatePem, privateKeyPem };
    },
    stop,
  };
}

const nameOf = ({ kind, metadata }: IstioResource): string => `${kind}/${metadata.name}`;

const namespaceOf = (mesh: Mesh): string =>
  stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: mesh.settings.value.namespace } });

/** istiod ends the names of clusters and listeners in counters with a semicolon, so that Istio's own tools find the end. */
const plainNames = (stats: ReadonlyMap<string, number>): Map<string, number> =>
  new Map([...stats].map(([name, value]) => [name.replace(";.", "."), value]));

function instanceOf(
  mesh: Mesh,
  { name, workload, address, inboundPort }: PlacedWorkload,
  servers: ReadonlyMap<string, TestServer>,
  sidecars: ReadonlyMap<string, IstioSidecar>,
): BedInstance[] {
  const admin = sidecars.get(name);
  if (admin === undefined) return [];
  const server = servers.get(name);
  const outlets = workloadsCalledBy(mesh, workload).map((callee): [string, Outlet] => {
    const port = servicePort(mesh, callee);
    return [callee, { address: `${address}:${port}`, authority: `${hostOf(mesh, callee)}:${port}` }];
  });
  return [
    {
      name,
      workload,
      server,
      inbound: server === undefined ? undefined : `${address}:${inboundPort}`,
      outlets: new Map(outlets),
      admin: { clusters: admin.clusters, stats: async (filter) => plainNames(await admin.stats(filter)) },
      // istiod names clusters after direction, port, subset and host.
      clusterOf: (callee) => `outbound|${servicePort(mesh, callee)}||${hostOf(mesh, callee)}`,
    },
  ];
}
