import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { CommandError, type IstioControlPlane, installIstio, startControlPlane } from "./index.ts";
import { startTestMesh, type TestMesh } from "./testing/control-plane.ts";
import { listeningAddresses, processesIn } from "./testing/processes.ts";

let mesh: TestMesh;
let controlPlane: IstioControlPlane;
let readyAfterMs: number;

beforeAll(async () => {
  await installIstio({ onProgress: console.log });
  const begin = Date.now();
  mesh = await startTestMesh();
  readyAfterMs = Date.now() - begin;
  controlPlane = mesh.controlPlane;
}, 1_800_000);

afterAll(() => mesh?.stop());

const virtualService = (spec: string, name = "echo") => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: istio-system }
spec: ${spec}
`;
const RIGHT = "{ hosts: [ echo ], http: [ { route: [ { destination: { host: echo } } ] } ] }";

test("it is ready within a minute, with the versions that are pinned", async () => {
  console.log(`control plane ready after ${readyAfterMs} ms`);
  expect(readyAfterMs).toBeLessThan(60_000);
  const { stdout } = await controlPlane.kubectl(["version", "-o", "json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    serverVersion: { gitVersion: `v${controlPlane.installation.kubernetesVersion}` },
    clientVersion: { gitVersion: `v${controlPlane.installation.kubernetesVersion}` },
  });
  const answer = await fetch(`http://${controlPlane.debugAddress}/version`);
  expect(await answer.text()).toContain(controlPlane.installation.version);
});

test("a resource that is right is applied, and there", async () => {
  expect(await controlPlane.apply(virtualService(RIGHT, "right"))).toContain("right");
  const { stdout } = await controlPlane.kubectl(["-n", "istio-system", "get", "virtualservice", "-o", "name"]);
  expect(stdout).toContain("virtualservice.networking.istio.io/right");
});

test("a server-side dry run keeps nothing", async () => {
  expect(await controlPlane.apply(virtualService(RIGHT, "dry"), { serverDryRun: true })).toContain("server dry run");
  await expect(controlPlane.kubectl(["-n", "istio-system", "get", "virtualservice", "dry"])).rejects.toMatchObject({
    name: "CommandError",
    stderr: expect.stringContaining("NotFound"),
  });
});

test.each([
  ["an unknown field", RIGHT.replace("hosts", "bogus: 1, hosts"), "bogus"],
  ["an unknown field deep inside", RIGHT.replace("route:", "timout: 1s, route:"), "timout"],
  ["a field of the wrong type", RIGHT.replace("[ echo ]", "echo"), "hosts"],
  ["a value that only Istio knows to be wrong", RIGHT.replace("route:", "timeout: 0.1ms, route:"), "timeout"],
  ["a rule that only Istio knows to be wrong", "{ hosts: [ echo ] }", "http, tcp or tls must be provided"],
])("%s is refused, with the reason", async (_, spec, reason) => {
  for (const options of [{}, { serverDryRun: true }]) {
    const refusal = controlPlane.apply(virtualService(spec), options);
    await expect(refusal).rejects.toMatchObject({ name: "CommandError", stderr: expect.stringContaining(reason) });
  }
});

test("istioctl sees the resources of this control plane, and of no other cluster", async () => {
  const wrong = RIGHT.replace("host: echo", "host: echo, subset: none");
  await controlPlane.apply(virtualService(wrong, "unknown-subset"));
  onTestFinished(async () => {
    await controlPlane.kubectl(["-n", "istio-system", "delete", "virtualservice", "unknown-subset"]);
  });
  const { stdout } = await controlPlane
    .istioctl(["analyze", "-A", "-o", "json", "--failure-threshold", "Error"])
    .catch((error: unknown) => {
      if (error instanceof CommandError) return error;
      throw error;
    });
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ code: "IST0101", origin: "VirtualService istio-system/unknown-subset" }),
  );
});

test("nothing listens on anything but loopback", async () => {
  const pids = ["etcd", "kube-apiserver", "istiod"].map((name) => controlPlane.pidOf(name) ?? 0);
  expect(await processesIn(controlPlane.folder)).toEqual(expect.arrayContaining(pids));
  expect(await listeningAddresses(pids)).toEqual(["127.0.0.1"]);
});

test("keys, tokens and sockets are for their owner only", async () => {
  expect((await stat(controlPlane.folder)).mode & 0o077).toBe(0);
  expect((await stat(controlPlane.kubeconfig)).mode & 0o077).toBe(0);
});

test("a folder that holds something is refused, and left alone", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "letter.txt"), "dear diary");
  const refusal = startControlPlane({ installation: controlPlane.installation, folder });
  await expect(refusal).rejects.toMatchObject({ code: "CONTROL_PLANE_START_FAILED" });
  await expect(refusal).rejects.toThrow("holds letter.txt");
});

test("a mesh configuration that istiod refuses is told with istiod's words, and nothing is left running", async () => {
  const folder = await temporaryFolder();
  const meshConfig = { accessLogEncoding: "MORSE" };
  const refusal = startControlPlane({ installation: controlPlane.installation, folder, meshConfig });
  await expect(refusal).rejects.toMatchObject({ code: "CONTROL_PLANE_START_FAILED" });
  await expect(refusal).rejects.toThrow(/istiod.*MORSE/s);
  expect(await processesIn(folder)).toEqual([]);
});

test("after stop none of its processes is left", async () => {
  const folder = await temporaryFolder();
  const exits: string[] = [];
  const other = await startControlPlane({
    ...{ installation: controlPlane.installation, folder },
    onExit: (name) => exits.push(name),
  });
  expect(await processesIn(folder)).toHaveLength(3);
  const begin = Date.now();
  await Promise.all([other.stop(), other.stop()]);
  console.log(`control plane stopped after ${Date.now() - begin} ms`);
  expect(await processesIn(folder)).toEqual([]);
  expect(exits).toEqual([]);
});

test("when the process that started it is killed, all of it ends", async () => {
  const folder = await temporaryFolder();
  const script = join(await temporaryFolder(), "supervisor.mjs");
  const module = new URL("./index.ts", import.meta.url).href;
  const options = { installation: controlPlane.installation, folder };
  await writeFile(
    script,
    `import { startControlPlane } from ${JSON.stringify(module)};
     await startControlPlane(${JSON.stringify(options)});
     console.log("ready");`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  await once(supervisor.stdout, "data");
  expect(await processesIn(folder)).toHaveLength(3);
  supervisor.kill("SIGKILL");
  await vi.waitFor(async () => expect(await processesIn(folder)).toEqual([]), { timeout: 30_000, interval: 100 });
});
