// The committed scenarios, and the command that plays them.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMesh } from "../files/load-mesh.ts";
import type { Mesh } from "../model/mesh.ts";
import { findScenario, listScenarios } from "../scenario/find-scenario.ts";
import { simulate } from "./simulate.ts";
import { simulateUnder, valuesFor } from "./simulate-under.ts";

const meshFolder = join(import.meta.dirname, "../..");
const names = [...(await listScenarios(meshFolder)).keys()];

let folder = "";
let mesh: Mesh;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-simulate-"));
  mesh = await loadMesh(meshFolder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("the committed scenarios", () => {
  it.each(names)(
    "%s calls a method that its caller may call, and something goes wrong in it",
    async (name) => {
      const { scenario } = await findScenario(meshFolder, name);
      expect(valuesFor(mesh, scenario).allowed).toBe(true);
      const { succeeded, requests, retries } = simulateUnder(mesh, scenario);
      expect(succeeded < requests || retries > 0).toBe(true);
    },
    60_000,
  );

  it("of an unsafe method send every call once", async () => {
    const { scenario } = await findScenario(meshFolder, "failing-host-unsafe");
    const { tries, requests } = simulateUnder(mesh, scenario);
    expect(Object.values(tries).reduce((sum, each) => sum + each, 0)).toBe(requests);
  });

  it("show that the outage after a dip is longer without a retry budget", async () => {
    const { scenario } = await findScenario(meshFolder, "retry-storm");
    const values = valuesFor(mesh, scenario);
    const failed = (retryBudgetPercent: number): number => {
      const { requests, succeeded } = simulate(scenario, { ...values, retryBudgetPercent });
      return requests - succeeded;
    };
    expect(failed(100)).toBeGreaterThan(1.5 * failed(values.retryBudgetPercent ?? 0));
  }, 60_000);

  it("of a million requests are played in a few seconds", async () => {
    const { scenario } = await findScenario(meshFolder, "million-requests");
    const before = process.cpuUsage();
    expect(simulateUnder(mesh, scenario).requests).toBeGreaterThan(995_000);
    const { user, system } = process.cpuUsage(before);
    // About 2 s of processor time on the machine that this was written on.
    expect((user + system) / 1e6).toBeLessThan(10);
  }, 60_000);
});

describe("mesh simulate", () => {
  const run = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const command = [join(meshFolder, "src/cli.ts"), "--dir", meshFolder, ...args];
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, command, { timeout: 30_000 })) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  };

  it("prints a table, and draws", async () => {
    const svg = join(folder, "recovery.svg");
    const { code, stdout } = await run("simulate", "recovery", "--svg", svg);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^success rate +\d/m);
    expect(stdout).toMatch(/^order-2 +1 +1\.\d\ds +\d\.\d\ds$/m);
    expect(await readFile(svg, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it("prints JSON, the same for the same seed and another for another", async () => {
    const printed = async (seed: string): Promise<unknown> =>
      JSON.parse((await run("simulate", "partly-failing-host", "--seed", seed, "--json")).stdout);
    const [first, again, other] = await Promise.all([printed("5"), printed("5"), printed("6")]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first).toMatchObject({ scenario: "partly-failing-host", seed: 5, policies: [{ label: "local" }] });
  });

  it("compares with another environment", async () => {
    const { code, stdout } = await run("simulate", "total-failure", "--against", "production");
    expect(code).toBe(0);
    expect(stdout).toMatch(/LOCAL +PRODUCTION +DIFFERENCE/);
  });

  it.each([
    [["simulate", "nothing-known"], /there is no scenario "nothing-known".*recovery/],
    [["simulate", "missing.yaml"], /there is no scenario file missing\.yaml/],
    [["simulate", "recovery", "--against", "nowhere"], /--against nowhere: .*local, staging, production/],
    [["simulate", "recovery", "--seed", "x"], /allowed: a whole number/],
  ])("ends with 2 for %j", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
