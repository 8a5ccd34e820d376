import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { readCodeCalls } from "../code-calls/code-calls.ts";
import { loadMesh } from "../files/load-mesh.ts";
import { lintFolder } from "./lint-folder.ts";
import { cinemaFolder } from "./testing/cinema.ts";

const ordermesh = join(import.meta.dirname, "../..");
const folders: string[] = [];

async function copyOfCinema(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mesh-lint-"));
  folders.push(folder);
  await cp(cinemaFolder, folder, { recursive: true });
  return folder;
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

describe("MESH-001", () => {
  it("tells every fault of every file, with its line, once for all environments", async () => {
    const folder = await copyOfCinema();
    await appendFile(join(folder, "policies/tickets.yaml"), "conectTimeout: 1s\n");
    await writeFile(join(folder, "callers.yaml"), "callers:\n  web: { calls: { a.B: some } }\n");
    const { findings } = await lintFolder(folder);
    expect(findings.map(({ code, file, line, message }) => `${code} ${file}:${line} ${message}`)).toEqual([
      expect.stringMatching(/^MESH-001 callers\.yaml:2 callers\.web\.calls\.a\.B: "some"/),
      expect.stringMatching(/^MESH-001 policies\/tickets\.yaml:\d+ conectTimeout: unknown field/),
    ]);
  });

  it("tells a fault of an overlay that only one environment has", async () => {
    const folder = await copyOfCinema();
    await writeFile(join(folder, "overlays/live.yaml"), "services: [\n");
    expect((await lintFolder(folder)).findings).toMatchObject([{ code: "MESH-001", file: "overlays/live.yaml" }]);
  });

  it("is near, but not there, when all files can be read", async () => {
    expect((await lintFolder(await copyOfCinema())).findings).toEqual([]);
  });
});

describe("the code of a workload", () => {
  it("that does not parse is told with its line", async () => {
    const folder = await copyOfCinema();
    await writeFile(join(folder, "web/broken.ts"), "const a = 1;\nconst = 2;\n");
    expect((await lintFolder(folder)).findings).toMatchObject([{ code: "MESH-007", file: "web/broken.ts", line: 2 }]);
  });

  it("is read without its specs", async () => {
    const { workloads } = await readCodeCalls(await loadMesh(cinemaFolder));
    expect(workloads.find(({ workload }) => workload === "booking")).toMatchObject({
      files: 3,
      calls: [{ method: "HoldSeats" }, { method: "IssueTickets" }, { method: "ReleaseSeats" }],
    });
  });
});

describe("the mesh of this project", () => {
  it("has no finding", async () => {
    expect((await lintFolder(ordermesh)).findings).toEqual([]);
  });

  it("has one call in its code, from order to the prices of inventory", async () => {
    const { workloads, unread } = await readCodeCalls(await loadMesh(ordermesh));
    const calls = workloads.flatMap(({ workload, calls: each }) => each.map(({ method }) => [workload, method]));
    expect(calls).toEqual([["order", "BatchGetItems"]]);
    expect(unread).toEqual([]);
  });
});

// Each starts the program several times, and the machine may be busy.
describe("mesh lint", { timeout: 120_000 }, () => {
  const run = promisify(execFile);
  const cli = join(import.meta.dirname, "../cli.ts");
  const lint = (...args: string[]): Promise<{ code: number; out: string }> =>
    run(process.execPath, [cli, "lint", ...args]).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout + error.stderr,
      }),
    );

  it("ends with 1 for an error, and for a warning only with --strict", async () => {
    const folder = await copyOfCinema();
    expect(await lint("--dir", folder)).toMatchObject({ code: 0, out: "Nothing found in dev, live.\n" });

    await appendFile(
      join(folder, "overlays/live.yaml"),
      "  cinema.tickets.v1.TicketService: { connectTimeout: 200ms }\n",
    );
    expect(await lint("--dir", folder)).toMatchObject({ code: 0, out: expect.stringContaining("0 errors, 1 warning") });
    expect((await lint("--dir", folder, "--strict")).code).toBe(1);
    await appendFile(join(folder, "overlays/live.yaml"), "  cinema.ticket.v1.TicketService: {}\n");
    expect((await lint("--dir", folder)).code).toBe(1);
    expect((await lint("--dir", folder, "--env", "dev")).code).toBe(0);
  });

  it("prints JSON without colours", async () => {
    const { code, out } = await lint("--dir", cinemaFolder, "--json");
    expect([code, JSON.parse(out)]).toEqual([0, { findings: [], suppressed: [], environments: ["dev", "live"] }]);
  });

  it("explains a code, and says which there are for one that is none", async () => {
    expect(await lint("--explain", "MESH-024")).toMatchObject({ code: 0, out: expect.stringContaining("Wrong:") });
    expect(await lint("--explain", "MESH-999")).toMatchObject({
      code: 2,
      out: expect.stringContaining('"all" lists them'),
    });
  });

  it("says which environments there are", async () => {
    expect(await lint("--dir", cinemaFolder, "--env", "moon")).toMatchObject({
      code: 2,
      out: expect.stringContaining("dev, live"),
    });
  });
});
