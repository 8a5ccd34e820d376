import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { driftOf, type Rendering, writeRendering } from "./rendered-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rendered-"));
});
afterEach(() => rm(folder, { recursive: true }));

const rendering = (files: Readonly<Record<string, string>>): Rendering => ({
  target: "envoy",
  environment: "dev",
  files: new Map(Object.entries(files).map(([name, text]) => [`envoy/dev/${name}`, text])),
});

it("names a file that differs, one that is missing, and one that is no longer rendered", async () => {
  await writeRendering(folder, rendering({ "web.json": "1", "till.json": "2" }));
  expect(await driftOf(folder, rendering({ "web.json": "1", "till.json": "2" }))).toEqual([]);
  expect(await driftOf(folder, rendering({ "web.json": "other", "stock.json": "3" }))).toEqual([
    { file: "envoy/dev/stock.json", problem: "missing" },
    { file: "envoy/dev/till.json", problem: "no longer rendered" },
    { file: "envoy/dev/web.json", problem: "differs" },
  ]);
});

it("removes what is no longer rendered, and leaves what a person has put there", async () => {
  await writeRendering(folder, rendering({ "web.json": "1", "till.json": "2" }));
  await writeFile(join(folder, "envoy/dev/README.md"), "why");
  expect(await writeRendering(folder, rendering({ "web.json": "3" }))).toEqual(["envoy/dev/web.json"]);
  expect(await driftOf(folder, rendering({ "web.json": "3" }))).toEqual([]);
  expect(await readFile(join(folder, "envoy/dev/README.md"), "utf8")).toBe("why");
});
