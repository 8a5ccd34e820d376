import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadMesh } from "../files/load-mesh.ts";
import type { Mesh } from "../model/mesh.ts";
import { readMeasured } from "./read-measured.ts";

let folder = "";
let mesh: Mesh;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-calibration-"));
  mesh = await loadMesh(join(import.meta.dirname, "../.."));
});
afterAll(() => rm(folder, { recursive: true }));

const run = {
  scenario: "recovery",
  outcome: {
    ...{ requests: 10, succeeded: 9, failed: { UNAVAILABLE: 1 }, tries: { "order-1": 10 } },
    ...{ retries: 0, retriesRefused: 0, refused: 0, ejections: [{ host: "order-2", atMs: 5, proxy: 1 }] },
    latencyMs: { p50: 1, p90: 2, p99: 3, max: 4 },
  },
};

async function read(content: unknown): Promise<Awaited<ReturnType<typeof readMeasured>>> {
  const file = join(folder, "measured.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return readMeasured(mesh, file);
}

it.each([
  ["alone", [run]],
  ["in a report", { scenarios: [run], checks: [] }],
])("reads runs %s", async (_, content) => {
  const [first] = await read(content);
  expect(first).toMatchObject({ name: "recovery", outcome: { succeeded: 9 }, values: { allowed: true } });
  expect(first?.scenario.call.method).toBe("ListOrders");
  expect(first?.outcome.ejections).toEqual([{ host: "order-2", atMs: 5, untilMs: undefined }]);
});

it.each([
  ["no JSON", "{", /measured\.json is no JSON/],
  ["no runs", { scenarios: [] }, /holds no runs of mesh verify/],
  ["another shape", [{ scenario: "recovery" }], /holds no runs of mesh verify/],
  ["an unknown scenario", [{ ...run, scenario: "nowhere" }], /there is no scenario "nowhere"/],
])("refuses %s", async (_, content, message) => {
  await expect(read(content)).rejects.toThrow(message);
});
