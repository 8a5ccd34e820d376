import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CliRun, runCli } from "./output/testing/run-cli.ts";

const cinema = join(import.meta.dirname, "../fixtures/cinema");

let folder: string;

const mesh = (
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  below = "",
): Promise<CliRun> => runCli(join(folder, below), words, environment);

async function edit(name: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, name), "utf8");
  expect(text).toContain(from);
  await writeFile(join(folder, name), text.replace(from, to));
}

const lineOf = async (name: string, text: string): Promise<number> =>
  (await readFile(join(folder, name), "utf8")).split("\n").findIndex((line) => line.includes(text)) + 1;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-cli-"));
  await cp(cinema, folder, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("mesh", () => {
  it("lists its commands, examples and exit codes", async () => {
    const { code, out } = await mesh(["--help"]);
    expect(code).toBe(0);
    for (const command of ["lint", "explain", "amplification", "authz", "render", "diff", "simulate", "verify"]) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
    expect(out).toContain("Examples:\n  mesh lint ");
    expect(out).toContain("Exit codes: 0 nothing found; 1 something found");
  });

  it("suggests the command that was meant", async () => {
    expect(await mesh(["amplifcation"])).toEqual({
      code: 2,
      out: "",
      error: "error: unknown command 'amplifcation'\n(Did you mean amplification?)\n(--help lists what there is)\n",
    });
  });

  it("names an unknown option, and the one that was meant", async () => {
    expect(await mesh(["authz", "--jsn"])).toEqual({
      code: 2,
      out: "",
      error: "error: unknown option '--jsn'\n(Did you mean --json?)\n(--help lists what there is)\n",
    });
  });

  it("names a folder that is no mesh", async () => {
    expect(await mesh(["authz", "--dir", "nowhere"])).toEqual({
      code: 2,
      out: "",
      error: "error: --dir nowhere: there is no mesh.yaml in that folder\n",
    });
  });

  it("says how to name the folder where none is found", async () => {
    await rm(join(folder, "mesh.yaml"));
    const { code, error } = await mesh(["authz"]);
    expect({ code, error }).toEqual({
      code: 2,
      error: "error: no mesh.yaml here, in mesh/ below, or in a folder above; say where it is with --dir\n",
    });
  });

  it("finds the mesh folder from a folder below it", async () => {
    const named = await mesh(["authz", "--json", "--dir", "."]);
    expect(named.code).toBe(0);
    expect(await mesh(["authz", "--json"], {}, "policies")).toEqual(named);
  });

  it("tells all faults of the files at once, each with its line", async () => {
    await edit("policies/booking.yaml", "timeout: 3s", "timeout: soon");
    await edit("callers.yaml", "edge: true", "egde: true");
    const { code, out, error } = await mesh(["amplification"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error.trimEnd().split("\n").toSorted()).toEqual([
      expect.stringContaining(`callers.yaml:${await lineOf("callers.yaml", "egde")}: callers.web.egde: unknown field`),
      expect.stringContaining(
        `policies/booking.yaml:${await lineOf("policies/booking.yaml", "soon")}: methods.Book.timeout: `,
      ),
    ]);
  });

  it("names the line of a file that is no YAML", async () => {
    await writeFile(join(folder, "callers.yaml"), "callers:\n  web: {\n");
    const { code, error } = await mesh(["authz"]);
    expect(code).toBe(2);
    expect(error).toMatch(/^callers\.yaml:3: /);
  });

  it("names an environment that there is not", async () => {
    const line = await lineOf("mesh.yaml", "environments:");
    expect(await mesh(["authz", "--env", "moon"])).toEqual({
      code: 2,
      out: "",
      error: `mesh.yaml:${line}: environments: there is no environment "moon"; allowed: dev, live\n`,
    });
  });

  it.each([["amplification"], ["authz"], ["diff dev live"]])(
    "prints JSON of %s, before or after the command",
    async (line) => {
      const after = await mesh([...line.split(" "), "--json"]);
      const before = await mesh(["--json", ...line.split(" ")]);
      expect(JSON.parse(after.out)).toEqual(JSON.parse(before.out));
      expect(after.error).toBe("");
    },
  );

  it("paints on request, and neither when piped nor under NO_COLOR", async () => {
    const painted = await mesh(["authz"], { FORCE_COLOR: "1" });
    expect(painted.out).not.toBe(stripVTControlCharacters(painted.out));
    const piped = await mesh(["authz"]);
    expect(piped.out).toBe(stripVTControlCharacters(painted.out));
    const refused = await mesh(["authz"], { NO_COLOR: "1" });
    expect(refused.out).toBe(piped.out);
  });

  it("ends with 1 where something is found, and with 0 where nothing is", async () => {
    expect((await mesh(["diff", "dev", "live"])).code).toBe(1);
    expect((await mesh(["diff", "dev", "dev"])).code).toBe(0);
    await edit("mesh.yaml", "amplification: 4", "amplification: 1");
    expect((await mesh(["amplification"])).code).toBe(1);
    await edit("mesh.yaml", "amplification: 1", "amplification: 1000");
    expect((await mesh(["amplification"])).code).toBe(0);
  });

  it("proposes values from a saved answer of Prometheus", async () => {
    const labels = { rpc_service: "cinema.booking.v1.BookingService", rpc_method: "Book", job: "web" };
    const counts = { "5": 50_000, "100": 60_000, "+Inf": 60_000 };
    const result = Object.entries(counts).map(([le, count]) => ({
      metric: { ...labels, le },
      values: [
        [60, "0"],
        [120, String(count)],
      ],
    }));
    const answer = { status: "success", data: { resultType: "matrix", result } };
    await writeFile(join(folder, "answer.json"), JSON.stringify(answer));
    const { code, out } = await mesh(["suggest", "--range-data", "answer.json", "--json"]);
    expect(code).toBe(0);
    // p99.9 lies 59,940 − 50,000 of 10,000 requests into the bucket from 5 to 100 ms: 99.43 ms.
    expect(JSON.parse(out).proposals[0]).toMatchObject({
      method: "Book",
      field: "timeout",
      proposed: "200ms",
      arithmetic: ["p99.9 99.4ms × 2 = 199ms → 200ms"],
    });
  });
});

describe("completion", () => {
  const complete = async (...words: string[]): Promise<string[]> =>
    (await mesh(["complete", "--", ...words])).out
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "")
      .filter((line) => line !== "" && !line.startsWith(":"));

  it.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
    const { code, out } = await mesh(["completion", shell]);
    expect(code).toBe(0);
    expect(out).toContain(`# ${shell} completion for mesh`);
    expect(out).toContain("mesh complete --");
  });

  it("completes commands and options, those of the program too", async () => {
    expect(await complete("am")).toEqual(["amplification"]);
    expect(await complete("authz", "--ag")).toEqual(["--against"]);
    expect(await complete("authz", "--e")).toEqual(["--env"]);
  });

  it("completes the names that the mesh folder holds", async () => {
    expect(await complete("diff", "")).toEqual(["dev", "live"]);
    expect(await complete("authz", "--env", "l")).toEqual(["live"]);
    expect(await complete("suggest", "--caller", "")).toEqual(["booking", "pricing", "seats", "tickets", "web"]);
  });

  it("offers no names, and no complaint, where the files cannot be read", async () => {
    await writeFile(join(folder, "mesh.yaml"), "namespace: [");
    expect(await mesh(["complete", "--", "diff", ""])).toEqual({ code: 0, out: ":4\n", error: "" });
  });
});
