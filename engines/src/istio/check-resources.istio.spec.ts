import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { analyzeResources, type IstioInstallation, installIstio, validateResources } from "./index.ts";

let installation: IstioInstallation;

beforeAll(async () => {
  installation = await installIstio({ onProgress: console.log });
}, 1_800_000);

async function fileOf(spec: string, kind = "VirtualService"): Promise<string> {
  const file = join(await temporaryFolder(), "resource.yaml");
  const head = `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: echo, namespace: shop }`;
  await writeFile(file, `${head}\nspec: ${spec}\n`);
  return file;
}

const RIGHT = "{ hosts: [ echo ], http: [ { route: [ { destination: { host: echo } } ] } ] }";

test("a resource without fault has no findings", async () => {
  expect(await validateResources(installation, [await fileOf(RIGHT)])).toEqual([]);
});

test("an unknown field and a value out of range are found, each with its file", async () => {
  const unknown = await fileOf(RIGHT.replace("hosts", "bogus: 1, hosts"));
  const range = await fileOf(
    "{ host: echo, trafficPolicy: { outlierDetection: { maxEjectionPercent: 150 } } }",
    "DestinationRule",
  );
  const found = await validateResources(installation, [unknown, await fileOf(RIGHT), range]);
  expect(found.map(({ level, resource, file }) => ({ level, resource, file }))).toEqual([
    { level: "error", resource: "VirtualService shop/echo", file: unknown },
    { level: "error", resource: "DestinationRule shop/echo", file: range },
  ]);
  expect(found[0]?.message).toContain('unknown field "bogus"');
  expect(found[1]?.message).toContain("150 is not in range 0..100");
});

test("a rule that can never be used is a warning", async () => {
  const file = await fileOf(RIGHT.replace("http: [", "http: [ { route: [ { destination: { host: echo } } ] },"));
  const found = await validateResources(installation, [file]);
  expect(found).toEqual([expect.objectContaining({ level: "warning", resource: "VirtualService shop/echo", file })]);
  expect(found[0]?.message).toContain("not used");
});

test("a file that is not there is an error that names it", async () => {
  const [found] = await validateResources(installation, ["/nowhere/mesh.yaml"]);
  expect(found).toMatchObject({ level: "error", file: "/nowhere/mesh.yaml" });
  await expect(analyzeResources(installation, ["/nowhere/mesh.yaml"])).rejects.toThrow("/nowhere/mesh.yaml");
});

test("a subset that nobody defines is found with its line, though the resource by itself is right", async () => {
  const file = await fileOf(RIGHT.replace("host: echo", "host: echo, subset: none"));
  expect(await validateResources(installation, [file])).toEqual([]);
  expect(await analyzeResources(installation, [file])).toEqual([
    expect.objectContaining({ level: "error", code: "IST0101", resource: "VirtualService shop/echo", file, line: 4 }),
  ]);
});

test("a file that the analysis cannot read is an error of that file", async () => {
  const file = await fileOf("{ hosts: [ echo ");
  expect(await analyzeResources(installation, [file])).toEqual([expect.objectContaining({ level: "error", file })]);
});
