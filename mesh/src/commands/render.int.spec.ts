import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const cli = join(import.meta.dirname, "..", "cli.ts");
const cinema = join(import.meta.dirname, "..", "..", "fixtures", "cinema");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mesh-render-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const mesh = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "--dir", cinema, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
};

describe("mesh render", () => {
  it("writes a bootstrap per workload and environment, and finds them up to date", () => {
    expect(mesh("render", "envoy", "--out", folder)).toMatchObject({ status: 0, stderr: "" });
    const [environment = ""] = readdirSync(join(folder, "envoy"));
    expect(readdirSync(join(folder, "envoy", environment))).toContain("booking.json");
    expect(mesh("render", "envoy", "--out", folder, "--check")).toMatchObject({ status: 0 });
  });

  it("--check names each file that has drifted, and exits with 1", () => {
    mesh("render", "envoy", "--out", folder);
    const [environment = ""] = readdirSync(join(folder, "envoy"));
    appendFileSync(join(folder, "envoy", environment, "booking.json"), " ");
    writeFileSync(join(folder, "envoy", environment, "gone.json"), "{}");
    const { status, stdout } = mesh("--json", "render", "envoy", "--out", folder, "--check");
    expect(status).toBe(1);
    expect(JSON.parse(stdout).drifted).toEqual([
      { file: expect.stringMatching(/booking\.json$/), problem: "differs" },
      { file: expect.stringMatching(/gone\.json$/), problem: "no longer rendered" },
    ]);
  });

  it("names what can be rendered", () => {
    expect(mesh("render", "nginx")).toMatchObject({ status: 2, stderr: expect.stringContaining("envoy, istio") });
  });
});

describe("mesh parity", () => {
  it("wants one place to take a dump from", () => {
    expect(mesh("parity")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--dump FILE and --admin ADDRESS"),
    });
  });

  it("names a file that is no dump, and a workload that is none", () => {
    const file = join(folder, "dump.json");
    writeFileSync(file, '{ "configs": [] }');
    expect(mesh("parity", "--dump", file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`${file}: the dump has no`),
    });
    expect(mesh("parity", "--dump", file, "--workload", "kiosk")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--workload kiosk: allowed: "),
    });
  });

  it("exits with 1 where the proxy differs, and says in what", () => {
    const node = { id: "booking-1", cluster: "booking" };
    const file = join(folder, "bare.json");
    const bootstrap = { "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", bootstrap: { node } };
    writeFileSync(file, JSON.stringify({ configs: [bootstrap] }));
    const { status, stdout } = mesh("parity", "--dump", file);
    expect(status).toBe(1);
    expect(stdout).toContain("no listener takes calls from outside");
  });
});
