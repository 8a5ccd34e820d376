import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createAuthority,
  type EnvoyInstallation,
  installEnvoy,
  startEnvoy,
  validateBootstrap,
  writeCredentials,
} from "@ordermesh/engines/envoy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMesh } from "../../files/load-mesh.ts";
import { type Mesh, serviceAccountOf, workloadsOf } from "../../model/mesh.ts";
import { compareEffect, readDump } from "../../parity/index.ts";
import { bootstrapJson, type EnvoyPlacement, renderEnvoy } from "./index.ts";
import { placeholderPlacement } from "./placeholder-placement.ts";
import { shopMesh, shopPlacement } from "./testing/shop.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const environments = ["local", "staging", "production"];

let installation: EnvoyInstallation;
let folder: string;
beforeAll(async () => {
  installation = await installEnvoy();
  folder = await mkdtemp(join(tmpdir(), "render-envoy-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function credentialsFor(mesh: Mesh, workload: string): Promise<EnvoyPlacement["credentials"]> {
  const { namespace, trustDomain } = mesh.settings.value;
  const authority = await createAuthority({ trustDomain });
  const credentials = await authority.issue({ namespace, serviceAccount: serviceAccountOf(mesh, workload) });
  const { caFile, ...files } = await writeCredentials(join(folder, "credentials", workload), credentials, authority);
  return { ...files, authorityFile: caFile };
}

describe.each(environments)("the bootstraps of %s", (environment) => {
  it("are accepted by Envoy, which warns of nothing but the field for deadlines", async () => {
    const mesh = await loadMesh(root, environment);
    for (const workload of workloadsOf(mesh)) {
      const placement = { ...placeholderPlacement(mesh, workload), credentials: await credentialsFor(mesh, workload) };
      const file = join(folder, `${environment}-${workload}.json`);
      await writeFile(file, bootstrapJson(renderEnvoy(mesh, workload, placement)));
      const warnings = await validateBootstrap(installation, file);
      // Deprecated, and what istiod sets: what replaces it ends a call in another way.
      expect(warnings.filter((warning) => !warning.includes("RouteAction.max_grpc_timeout"))).toEqual([]);
    }
  });
});

const looked = [
  ["web", { callsOut: 4, rightsIn: 0 }],
  ["till", { callsOut: 2, rightsIn: 13 }],
  ["stock", { callsOut: 0, rightsIn: 17 }],
] as const;

describe.each(looked)("an Envoy that runs the bootstrap of %s", (workload, counts) => {
  it("does what the policies say, by its own dump", async () => {
    const mesh = shopMesh();
    const credentials = await credentialsFor(mesh, workload);
    const envoy = await startEnvoy({
      installation,
      name: workload,
      folder,
      bootstrap: renderEnvoy(mesh, workload, onFreePorts({ ...shopPlacement(workload), credentials })),
    });
    try {
      const report = compareEffect(mesh, readDump(await envoy.configDump()));
      expect(report).toMatchObject({ workload, ...counts, differences: [] });
    } finally {
      await envoy.stop();
    }
  });
});

/** Nobody connects, so each listener may have whichever port is free. */
function onFreePorts(placement: EnvoyPlacement): EnvoyPlacement {
  const { inbound, outbound } = placement;
  return {
    ...placement,
    ...(inbound && { inbound: { ...inbound, port: 0 } }),
    outbound: Object.fromEntries(
      Object.entries(outbound).map(([called, where]) => [called, { ...where, listenPort: 0 }]),
    ),
  };
}
