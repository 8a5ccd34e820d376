// What is rendered and imported again is in effect as before: for every caller and method, allowed or not.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadMesh } from "../files/load-mesh.ts";
import { valuesOf } from "../model/effective.ts";
import { type Mesh, workloadsOf } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { istioYaml, kubernetesServices, renderIstio } from "../render/istio/index.ts";
import { importIstio } from "./import-istio.ts";
import { readResources } from "./resources.ts";

const ordermesh = join(import.meta.dirname, "../..");
const cinema = join(import.meta.dirname, "../../fixtures/cinema");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-import-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function everyCall(mesh: Mesh): Record<string, unknown> {
  const methods = [...mesh.catalog.values()].flatMap((service) => service.methods);
  return Object.fromEntries(
    workloadsOf(mesh).flatMap((caller) =>
      methods.map(({ service, name, path }) => [
        `${caller} ${path}`,
        valuesOf(resolveEffective(mesh, caller, service, name).effective),
      ]),
    ),
  );
}

async function imported(mesh: Mesh) {
  const cluster = join(folder, "cluster");
  const out = join(folder, "mesh");
  await mkdir(cluster);
  await writeFile(join(cluster, "istio.yaml"), istioYaml(renderIstio(mesh)));
  await writeFile(join(cluster, "services.yaml"), stringify({ kind: "List", items: kubernetesServices(mesh) }));
  const result = importIstio(await readResources([cluster]), {
    catalog: mesh.catalog,
    protos: relative(out, join(mesh.folder, mesh.settings.value.protos)),
    istio: mesh.settings.value.istio,
    environment: mesh.environment,
  });
  for (const [name, text] of result.files) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), text);
  }
  return result;
}

describe.each([
  { name: "Ordermesh", source: ordermesh, environment: "local" },
  { name: "Ordermesh", source: ordermesh, environment: "staging" },
  { name: "Ordermesh", source: ordermesh, environment: "production" },
  { name: "the cinema", source: cinema, environment: "dev" },
  { name: "the cinema", source: cinema, environment: "live" },
])("$name in $environment", ({ source, environment }) => {
  it("is in effect as before, and nothing is lost", async () => {
    const mesh = await loadMesh(source, environment);
    const { losses } = await imported(mesh);
    expect(losses).toEqual([]);
    expect(everyCall(await loadMesh(join(folder, "mesh"), environment))).toEqual(everyCall(mesh));
  });
});
