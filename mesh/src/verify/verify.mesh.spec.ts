// The policies of Ordermesh, and of a made-up system, hold on real Envoys; and what the command says and leaves behind.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installEnvoy } from "@ordermesh/engines/envoy";
import { expect, onTestFinished, test } from "vitest";
import { loadMesh } from "../files/load-mesh.ts";
import { envoyBeds } from "./bed/envoy-bed.ts";
import { select } from "./selection.ts";
import { writeDepotMesh } from "./testing/depot-mesh.ts";
import { type VerifyReport, verify } from "./verify.ts";

const folderOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ordermesh = folderOf("../..");
const cinema = folderOf("../../fixtures/cinema");

async function verifyFolder(folder: string, only: readonly string[]): Promise<VerifyReport> {
  const installation = await installEnvoy();
  return verify({
    mesh: await loadMesh(folder),
    startBed: envoyBeds({ installation }).start,
    proxy: `Envoy ${installation.version}`,
    selection: await select(folder, only),
  });
}

const failedIn = ({ checks }: VerifyReport) =>
  checks.flatMap(({ findings, error }) => [
    ...(error === undefined ? [] : [error]),
    ...findings.filter(({ verdict }) => verdict === "failed"),
  ]);

test("every check passes on Ordermesh", { timeout: 150_000 }, async () => {
  const report = await verifyFolder(ordermesh, ["checks"]);
  expect(failedIn(report)).toEqual([]);
  expect(report.passed).toBe(true);
  // A check that finds nothing to prove would pass as well.
  for (const { findings } of report.checks) expect(findings.some(({ verdict }) => verdict === "passed")).toBe(true);
});

test("the checks know nothing of Ordermesh: a cinema passes them, too", { timeout: 120_000 }, async () => {
  const report = await verifyFolder(cinema, ["retries", "once", "ejection", "authz", "identity"]);
  expect(failedIn(report)).toEqual([]);
});

const cli = folderOf("../cli.ts");

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const mesh = (args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

async function depotFolder(changed?: Readonly<Record<string, string>>): Promise<string> {
  const folder = await writeDepotMesh(changed);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("the command writes its report and ends with 0 when everything holds", async () => {
  const folder = await depotFolder();
  const results = await mkdtemp(join(tmpdir(), "mesh-report-"));
  onTestFinished(() => rm(results, { recursive: true, force: true }));
  const file = join(results, "report.md");
  const { code, stdout, stderr } = await mesh(["--dir", folder, "verify", "--only", "trailers", "--report", file]);
  expect(stderr).toContain("[1/1] trailers passed");
  expect(stdout).toContain("passed on Envoy");
  expect(code).toBe(0);
  const report = await readFile(file, "utf8");
  expect(report).toContain("# Mesh verification: depot, local");
  expect(report).toContain("`policies/depot.yaml:11`");
  expect(report).not.toContain(folder);
});

test("the command ends with 1 when a method is repeated that must not be", async () => {
  const folder = await depotFolder({
    "policies/depot.yaml": `
service: lab.depot.v1.DepotService
workload: depot
port: { number: 6001, appProtocol: grpc }
defaults: { timeout: 500ms, retries: { attempts: 1, perTry: 200ms, on: [unavailable] } }
`,
  });
  const { code, stdout } = await mesh(["--dir", folder, "verify", "--only", "once"]);
  expect(stdout).toContain("failed once: desk → depot, Ship: UNAVAILABLE");
  expect(code).toBe(1);
});
