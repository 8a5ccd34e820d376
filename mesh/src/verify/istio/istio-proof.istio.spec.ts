// The policies on a real Istio: istiod takes what we render, its sidecars do what the policies say, and do the same as
// the sidecars that we configure ourselves.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EnvoyInstallation, installEnvoy } from "@ordermesh/engines/envoy";
import {
  analyzeResources,
  type IstioControlPlane,
  installIstio,
  startControlPlane,
  validateResources,
} from "@ordermesh/engines/istio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { loadMesh } from "../../files/load-mesh.ts";
import { callerOf, type Mesh } from "../../model/mesh.ts";
import { compareEffect, readDump } from "../../parity/index.ts";
import { renderIstioFiles } from "../../render/istio/index.ts";
import { callersOf } from "../bed/bed.ts";
import { createTestClient } from "../bed/client.ts";
import { edgesOf } from "../bed/edges.ts";
import { wholePlan } from "../bed/plan.ts";
import { hasFailed } from "../check.ts";
import { checks } from "../checks/registry.ts";
import { withoutRetries } from "../policy-changes.ts";
import { verify } from "../verify.ts";
import { type IstioBed, istioBeds } from "./istio-beds.ts";

const meshFolder = fileURLToPath(new URL("../../../", import.meta.url));
const environments = ["local", "staging", "production"];

let folder: string;
let envoy: EnvoyInstallation;
let controlPlane: IstioControlPlane;
let startBed: ReturnType<typeof istioBeds>;

beforeAll(async () => {
  const installation = await installIstio({ onProgress: console.log });
  envoy = await installEnvoy({ onProgress: console.log });
  folder = await mkdtemp(join(tmpdir(), "mesh-istio-proof-"));
  controlPlane = await startControlPlane({ installation, folder: join(folder, "control-plane") });
  startBed = istioBeds({ controlPlane, envoy });
  // The first start builds the control plane.
}, 1_800_000);
afterAll(async () => {
  await controlPlane?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(environments)("the rendering of %s", (environment) => {
  test("is taken by the API server, strictly, and Istio's own checks find nothing in it", async () => {
    const mesh = await loadMesh(meshFolder, environment);
    const { namespace } = mesh.settings.value;
    await controlPlane.apply(stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }));
    const rendered = renderIstioFiles(mesh);
    const files = [...rendered.keys()].map((name) => join(meshFolder, "rendered", name));
    for (const yaml of rendered.values()) {
      expect((await controlPlane.apply(yaml, { serverDryRun: true })).trim()).not.toBe("");
    }
    expect(await validateResources(controlPlane.installation, files)).toEqual([]);
    expect(await analyzeResources(controlPlane.installation, files)).toEqual([]);
  });
});

test("istiod makes of our Istio rendering what our Envoy rendering says, for every sidecar", async () => {
  const mesh = await loadMesh(meshFolder);
  const bed = await startBed(wholePlan(mesh));
  try {
    for (const { name, workload } of bed.instances) {
      const report = compareEffect(mesh, readDump(await sidecarOf(bed, name).configDump()), workload);
      expect(report.differences, name).toEqual([]);
      expect(report.callsOut + report.rightsIn, name).toBeGreaterThan(0);
    }
  } finally {
    await bed.stop();
  }
});

test("policies that are changed at run time are in force soon, without a restart", async () => {
  const mesh = await loadMesh(meshFolder);
  const bed = await startBed(wholePlan(mesh));
  const soon = { timeout: 10_000, interval: 50 };
  try {
    const pids = [...bed.sidecars.values()].map(({ pid }) => pid);
    const [edge] = edgesOf(mesh);
    if (edge === undefined) throw new Error("somebody may call something");
    const [proxy] = callersOf(bed, edge.caller, edge.workload);
    if (proxy === undefined) throw new Error(`${edge.caller} has a proxy`);
    const client = createTestClient(proxy.outlet.address, { authority: proxy.outlet.authority ?? "" });
    const status = async (): Promise<string> => (await client.call(edge.calls[0].declared.path)).status;
    await expect.poll(status, soon).toBe("OK");

    await bed.change(without(mesh, edge.caller, edge.service, edge.calls[0].method));
    await expect.poll(status, soon).toBe("PERMISSION_DENIED");
    await bed.change(mesh);
    await expect.poll(status, soon).toBe("OK");
    client.close();

    const changed = withoutRetries(mesh);
    const differences = async (of: Mesh) =>
      compareEffect(of, readDump(await sidecarOf(bed, proxy.name).configDump()), edge.caller).differences;
    expect(await differences(changed)).not.toEqual([]);
    await bed.change(changed);
    await expect.poll(() => differences(changed), soon).toEqual([]);
    expect([...bed.sidecars.values()].map(({ pid }) => pid)).toEqual(pids);
  } finally {
    await bed.stop();
  }
});

test.each(checks.map(({ name }) => name))(
  "the check %s passes on Istio's sidecars",
  { timeout: 180_000 },
  async (name) => {
    const mesh = await loadMesh(meshFolder);
    const selection = { checks: checks.filter((check) => check.name === name), scenarios: [] };
    const report = await verify({ mesh, startBed, proxy: "Istio", selection });
    const [result] = report.checks;
    expect(result?.error).toBeUndefined();
    expect(result?.findings.filter(({ verdict }) => verdict === "failed")).toEqual([]);
    expect(result === undefined || hasFailed(result)).toBe(false);
  },
);

/** The mesh in which the caller may call the service's other methods only. */
function without(mesh: Mesh, caller: string, service: string, method: string): Mesh {
  const entry = callerOf(mesh, caller);
  const others = mesh.catalog.get(service)?.methods.flatMap(({ name }) => (name === method ? [] : name)) ?? [];
  if (entry === undefined) throw new Error(`callers.yaml has no ${caller}`);
  const callers = {
    ...mesh.callers.value.callers,
    [caller]: { ...entry, calls: { ...entry.calls, [service]: others } },
  };
  return { ...mesh, callers: { ...mesh.callers, value: { ...mesh.callers.value, callers } } };
}

function sidecarOf(bed: IstioBed, name: string) {
  const sidecar = bed.sidecars.get(name);
  if (sidecar === undefined) throw new Error(`no sidecar of ${name}`);
  return sidecar;
}
