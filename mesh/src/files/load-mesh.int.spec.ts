import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { resolveEffective } from "../model/resolve-effective.ts";
import { describeSource } from "../model/source.ts";
import { loadMesh } from "./load-mesh.ts";
import { MeshFilesError } from "./positioned.ts";

const files = {
  "mesh.yaml": `namespace: cinema
istio: "1.30"
environments: [dev, live]
protos: protos
limits: { amplification: 5 }
`,
  "callers.yaml": `callers:
  web:
    edge: true
    calls: { cinema.v1.Seats: [Get, Hold] }
`,
  "protos/seats.proto": `syntax = "proto3";
package cinema.v1;
service Seats {
  rpc Get(Q) returns (A) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Hold(Q) returns (A);
}
message Q {}
message A {}
`,
  "policies/seats.yaml": `service: cinema.v1.Seats
workload: seats
port: { number: 50051, appProtocol: grpc }
replicas: { live: 4 }
defaults:
  timeout: 1s
  retries: { attempts: 2, perTry: 300ms, on: [unavailable], backoff: 10ms..100ms }
methods:
  Hold: { retries: none }
breaker: { requests: 100 }
ejection: { after: [5 gateway errors, 9 errors], max: 50% }
`,
  "overlays/live.yaml": `services:
  cinema.v1.Seats:
    defaults: { timeout: 2s }
    methods: { Get: { retries: { attempts: 1 } } }
    breaker: { requests: 400 }
`,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-files-"));
  for (const [name, text] of Object.entries(files)) await write(name, text);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

const effective = async (environment: string, method: string) =>
  resolveEffective(await loadMesh(folder, environment), "web", "cinema.v1.Seats", method).effective;

test("a method goes before the defaults of its service, and Istio's own defaults come last", async () => {
  const { timeoutMs, retryAttempts, maxPending, ejectAfterErrors } = await effective("dev", "Hold");
  expect([timeoutMs.value, describeSource(timeoutMs.source)]).toEqual([1_000, "policies/seats.yaml:6"]);
  expect([retryAttempts.value, describeSource(retryAttempts.source)]).toEqual([0, "policies/seats.yaml:9"]);
  expect(describeSource(maxPending.source)).toContain("default of Istio");
  expect([ejectAfterErrors.value, describeSource(ejectAfterErrors.source)]).toEqual([9, "policies/seats.yaml:11"]);
});

test("an overlay goes before the base, field by field, and what a method says before an overlay's defaults", async () => {
  const get = await effective("live", "Get");
  expect(get.timeoutMs).toEqual({ value: 2_000, source: { kind: "file", file: "overlays/live.yaml", line: 3 } });
  expect(get.retryAttempts.value).toBe(1);
  expect(get.retryPerTryMs).toEqual({ value: 300, source: { kind: "file", file: "policies/seats.yaml", line: 7 } });
  expect(get.maxRequests.value).toBe(400);
  const hold = await effective("live", "Hold");
  expect([hold.retryAttempts.value, hold.retryOn.value]).toEqual([0, []]);
});

test("what is switched off is off by the line that says so", async () => {
  await write("overlays/live.yaml", "services:\n  cinema.v1.Seats:\n    ejection: none\n");
  const { ejectAfterErrors, ejectAfterGatewayErrors } = await effective("live", "Get");
  const off = { value: null, source: { kind: "file", file: "overlays/live.yaml", line: 3 } };
  expect([ejectAfterErrors, ejectAfterGatewayErrors]).toEqual([off, off]);
});

test("replicas are those of the environment, and one where it is not named", async () => {
  const replicas = async (environment: string) =>
    (await loadMesh(folder, environment)).services.get("cinema.v1.Seats")?.replicas;
  expect([await replicas("live"), await replicas("dev")]).toEqual([4, 1]);
});

test("only the calls of the caller table are allowed", async () => {
  const mesh = await loadMesh(folder);
  const allowed = (caller: string, method: string) =>
    resolveEffective(mesh, caller, "cinema.v1.Seats", method).effective.allowed.value;
  expect([allowed("web", "Get"), allowed("web", "Drop"), allowed("till", "Get")]).toEqual([true, false, false]);
});

test("the faults of all files are told at once", async () => {
  await write("callers.yaml", "callers: { web: { cals: {} } }\n");
  await write("policies/seats.yaml", files["policies/seats.yaml"].replace("100ms", "100"));
  const error = await loadMesh(folder, "dev").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MeshFilesError);
  expect(String(error)).toMatch(/callers\.yaml:1: callers\.web\.cals: unknown field "cals"/);
  expect(String(error)).toMatch(/policies\/seats\.yaml:7: defaults\.retries\.backoff: "10ms\.\.100" is not accepted/);
});

test("an environment that is not one of the mesh's is refused with those that are", async () => {
  await expect(loadMesh(folder, "moon")).rejects.toThrow('there is no environment "moon"; allowed: dev, live');
});

test("two policies for one service are refused", async () => {
  await write("policies/z.yaml", files["policies/seats.yaml"]);
  await expect(loadMesh(folder)).rejects.toThrow("cinema.v1.Seats has a policy in policies/seats.yaml already");
});
