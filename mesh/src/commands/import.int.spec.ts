import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../output/testing/run-cli.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-import-cli-"));
  await cp(join(import.meta.dirname, "../import/testing/bicycles"), folder, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const mesh = (...words: string[]) => runCli(folder, words);
const bicycles = ["import", "cluster", "--protos", "proto", "--out", "mesh", "--istio", "1.29"];

describe("mesh import", () => {
  it("writes a folder that other commands read, names what is lost, and ends with 1", async () => {
    const { code, out } = await mesh(...bicycles, "--serves", "tariff=bicycles.v1.FareService");
    expect(code).toBe(1);
    expect(out).toContain("namespace bikes: 5 files written to mesh");
    expect(out).toMatch(
      /^cluster\/istio\.yaml:15 +VirtualService bikes\/rental +spec\.http\[1\]\.mirror +copies of calls/m,
    );
    const explained = await mesh("explain", "app", "GetRental", "--dir", "mesh");
    expect(explained.code).toBe(0);
    expect(explained.out).toContain("Worst case 4 tries, at most 1.5s (the timeout).");
  });

  it("ends with 0 where loss is allowed, and prints JSON", async () => {
    const { code, out } = await mesh(...bicycles, "--allow-loss", "--json");
    expect(code).toBe(0);
    const { serves, losses } = JSON.parse(out);
    expect(serves).toEqual({ "bicycles.v1.RentalService": "rental", "bicycles.v1.StationService": "stations" });
    expect(losses).toContainEqual({
      resource: "EnvoyFilter bikes/lua",
      place: { file: "cluster/istio.yaml", line: 102 },
      field: "",
      lost: "what it changes in the proxies is not represented",
    });
  });

  it("writes over nothing", async () => {
    await mesh(...bicycles);
    await writeFile(join(folder, "mesh/mine.yaml"), "mine: true\n");
    const before = await readFile(join(folder, "mesh/callers.yaml"), "utf8");
    const { code, error } = await mesh(...bicycles);
    expect(code).toBe(2);
    expect(error).toBe("error: --out mesh is not empty; nothing that a person wrote is written over\n");
    expect(await readFile(join(folder, "mesh/callers.yaml"), "utf8")).toBe(before);
  });

  it("refuses a version of Istio that it does not know, and a folder without YAML", async () => {
    expect(await mesh(...bicycles.slice(0, -1), "1.20")).toMatchObject({
      code: 2,
      error: "error: --istio 1.20 is not known; allowed: 1.27 to 1.31, such as 1.30 or 1.28.10\n",
    });
    expect(await mesh("import", "proto", "--protos", "proto", "--out", "mesh")).toMatchObject({
      code: 2,
      error: "error: there is no .yaml, .yml or .json file in proto\n",
    });
  });
});
