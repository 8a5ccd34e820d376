import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type EnvoyExit, type EnvoyInstallation, type EnvoyOptions, installEnvoy, startEnvoy } from "./index.ts";
import { bootstrap, cluster, httpListener } from "./testing/bootstraps.ts";
import { processesWith } from "./testing/processes.ts";

let installation: EnvoyInstallation;

beforeAll(async () => {
  installation = await installEnvoy();
});

async function start(options: Partial<EnvoyOptions> = {}) {
  const folder = options.folder ?? (await temporaryFolder());
  const envoy = await startEnvoy({ installation, name: "a", bootstrap: {}, folder, ...options });
  onTestFinished(() => envoy.stop());
  return { envoy, folder };
}

async function freePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  if (port === undefined) throw new Error("no port is free");
  return port;
}

/** An HTTP server that answers /held when it is told to, and all else at once. */
async function startHeldServer() {
  const waiting: (() => void)[] = [];
  const server = createServer(({ url }, response) => {
    if (url === "/held") waiting.push(() => response.end("late"));
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { port: address.port, waiting };
}

test("it is live when it has started, serves, counts, and tells its configuration", async () => {
  const port = await freePort();
  const { envoy } = await start({ bootstrap: bootstrap([httpListener({ port, answer: "hello" })]) });
  expect(await envoy.ready()).toBe(true);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hello");
  expect(await envoy.stats(/^http\.in\.downstream_rq_(2xx|5xx)$/)).toEqual(
    new Map([
      ["http.in.downstream_rq_2xx", 1],
      ["http.in.downstream_rq_5xx", 0],
    ]),
  );
  expect(await envoy.post("/reset_counters")).toBe("OK\n");
  expect((await envoy.stats()).get("http.in.downstream_rq_2xx")).toBe(0);
  expect(JSON.stringify(await envoy.configDump())).toContain(`"in-${port}"`);
});

test("a host that fails is seen as ejected", async () => {
  const [port = 0, dead = 0] = await findFreePorts(2);
  const outlier_detection = { consecutive_5xx: 1, consecutive_gateway_failure: 1, base_ejection_time: "60s" };
  const { envoy } = await start({
    bootstrap: bootstrap(
      [httpListener({ port, cluster: "dead" })],
      [cluster("dead", [dead], { outlier_detection: { ...outlier_detection, max_ejection_percent: 100 } })],
    ),
  });
  const hostOf = async () => (await envoy.clusters()).find(({ name }) => name === "dead")?.hosts[0];
  expect(await hostOf()).toMatchObject({ address: `127.0.0.1:${dead}`, healthy: true, ejected: false, flags: [] });
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
  await vi.waitFor(async () => {
    expect(await hostOf()).toMatchObject({ healthy: false, ejected: true, flags: ["failed_outlier_check"] });
  });
  expect((await hostOf())?.stats["cx_connect_fail"]).toBeGreaterThan(0);
});

test("the admin endpoint is on 127.0.0.1, at the port that is asked for, whatever the bootstrap says", async () => {
  const adminPort = await freePort();
  const admin = { address: { socket_address: { address: "0.0.0.0", port_value: 1 } } };
  const { envoy } = await start({ bootstrap: { admin }, adminPort });
  expect(envoy.adminAddress).toBe(`127.0.0.1:${adminPort}`);
  expect(await envoy.ready()).toBe(true);
});

test("stopping leaves no process, and nothing but the bootstrap and the log", async () => {
  const exits: EnvoyExit[] = [];
  const { envoy, folder } = await start({ onExit: (exit) => exits.push(exit) });
  expect(await processesWith(folder)).toHaveLength(1);
  expect(await processesWith(`ordermesh-envoy-watchdog ${envoy.pid} `)).toHaveLength(1);
  await envoy.stop();
  expect(await envoy.exited).toEqual({ code: 0, signal: null, asked: true });
  expect(exits).toEqual([await envoy.exited]);
  expect(await envoy.ready()).toBe(false);
  expect(await processesWith(folder)).toEqual([]);
  await vi.waitFor(async () => expect(await processesWith(`ordermesh-envoy-watchdog ${envoy.pid} `)).toEqual([]));
  expect((await readdir(folder)).sort()).toEqual(["a.json", "a.log"]);
  await envoy.stop();
});

test("one that hangs is stopped too, and one that was killed says so", async () => {
  const { envoy: hanging } = await start();
  hanging.kill("SIGSTOP");
  await hanging.stop();
  expect((await hanging.exited).asked).toBe(true);
  const { envoy: killed } = await start();
  killed.kill("SIGKILL");
  expect(await killed.exited).toEqual({ code: null, signal: "SIGKILL", asked: false });
  await expect(killed.stats()).rejects.toMatchObject({ name: "EngineError", code: "ENVOY_ADMIN_FAILED" });
});

test("a call under way is finished when there is time for it, and new connections are told to go elsewhere", async () => {
  const port = await freePort();
  const held = await startHeldServer();
  const { envoy } = await start({
    bootstrap: bootstrap([httpListener({ port, cluster: "held" })], [cluster("held", [held.port])]),
  });
  const call = fetch(`http://127.0.0.1:${port}/held`).then((response) => response.text());
  await vi.waitFor(() => expect(held.waiting).toHaveLength(1));
  const stopped = envoy.stop({ drainTimeoutMs: 20_000 });
  await vi.waitFor(async () => {
    expect((await fetch(`http://127.0.0.1:${port}/`)).headers.get("connection")).toBe("close");
  });
  held.waiting[0]?.();
  expect(await call).toBe("late");
  await stopped;
  expect(await envoy.exited).toMatchObject({ code: 0, asked: true });
});

test.each([0, 50])("a call that takes longer than the %i ms there are is cut off", async (drainTimeoutMs) => {
  const port = await freePort();
  const held = await startHeldServer();
  const { envoy } = await start({
    bootstrap: bootstrap([httpListener({ port, cluster: "held" })], [cluster("held", [held.port])]),
  });
  const call = expect(fetch(`http://127.0.0.1:${port}/held`)).rejects.toThrow("fetch failed");
  await vi.waitFor(() => expect(held.waiting).toHaveLength(1));
  await envoy.stop({ drainTimeoutMs });
  await call;
});

test("many start at once, each with its own admin endpoint", async () => {
  const folder = await temporaryFolder();
  const started = await Promise.all(["one", "two", "three"].map((name) => start({ name, folder })));
  expect(new Set(started.map(({ envoy }) => envoy.adminAddress)).size).toBe(3);
  expect(await Promise.all(started.map(({ envoy }) => envoy.ready()))).toEqual([true, true, true]);
});

test("a configuration that Envoy refuses is reported with its file and what Envoy says", async () => {
  const folder = await temporaryFolder();
  const wrong = { static_resources: { clusters: [{ name: "orders", conect_timeout: "1s" }] } };
  const refusal = startEnvoy({ installation, name: "wrong", bootstrap: wrong, folder });
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "ENVOY_CONFIG_INVALID" });
  await expect(refusal).rejects.toThrow(/wrong\.json.*no such field: 'conect_timeout'/s);
  expect(await processesWith(folder)).toEqual([]);
});

test("a bootstrap file that is not there is reported by its path", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "missing.yaml");
  const refusal = startEnvoy({ installation, name: "a", bootstrap: file, folder });
  await expect(refusal).rejects.toMatchObject({ code: "ENVOY_CONFIG_INVALID" });
  await expect(refusal).rejects.toThrow(file);
});

test("a bootstrap file may be YAML, and what it names relatively is looked for in the folder", async () => {
  const folder = await temporaryFolder();
  const elsewhere = await temporaryFolder();
  await writeFile(join(folder, "listeners.yaml"), "resources: []\n");
  const file = join(elsewhere, "bootstrap.yaml");
  await writeFile(
    file,
    "node: { id: a, cluster: a }\ndynamic_resources:\n  lds_config: { path_config_source: { path: ./listeners.yaml } }\n",
  );
  const { envoy } = await start({ bootstrap: file, folder });
  expect((await envoy.stats()).get("listener_manager.lds.update_success")).toBe(1);
});

test("a taken port is a failed start, with what this run said and no earlier one", async () => {
  const folder = await temporaryFolder();
  const [port = 0, otherPort = 0] = await findFreePorts(2);
  const servers = [port, otherPort].map((taken) => createServer().listen(taken, "127.0.0.1"));
  onTestFinished(() => void servers.map((server) => server.close()));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const refusalOn = (taken: number) =>
    startEnvoy({ installation, name: "a", folder, bootstrap: bootstrap([httpListener({ port: taken, answer: "" })]) });
  const first = refusalOn(port);
  await expect(first).rejects.toMatchObject({ code: "ENVOY_START_FAILED" });
  await expect(first).rejects.toThrow(`cannot bind '127.0.0.1:${port}': Address already in use`);
  const second = await refusalOn(otherPort).catch((error: Error) => error.message);
  expect(second).toContain(`127.0.0.1:${otherPort}`);
  expect(second).not.toContain(`127.0.0.1:${port}`);
  expect(await readFile(join(folder, "a.log"), "utf8")).toContain(`127.0.0.1:${port}`);
});

test("a program that is not there, and a name that is no name of a file, are refused", async () => {
  const folder = await temporaryFolder();
  const nowhere = { version: "0", binary: join(folder, "nowhere") };
  const refusal = startEnvoy({ installation: nowhere, name: "a", bootstrap: {}, folder });
  await expect(refusal).rejects.toMatchObject({ code: "ENVOY_START_FAILED" });
  await expect(refusal).rejects.toThrow(nowhere.binary);
  await expect(startEnvoy({ installation, name: "../a", bootstrap: {}, folder })).rejects.toThrow(RangeError);
});
