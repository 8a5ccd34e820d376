import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import type { IstioSidecar } from "./index.ts";
import { startTestMesh, type TestMesh } from "./testing/control-plane.ts";
import { callEcho, type EchoMethod, startEcho } from "./testing/echo.ts";
import { listeningAddresses, processesIn } from "./testing/processes.ts";

/** How long istiod and two proxies may take to have a changed policy in force. */
const IN_FORCE_MS = 10_000;
const AUTHORITY = "echo.shop.svc.cluster.local";
const ADDRESSES = { web: "127.0.0.2", echo: "127.0.0.3", intruder: "127.0.0.4" };

let mesh: TestMesh;
let echoServer: { stop(): void } | undefined;
let sidecars: Record<keyof typeof ADDRESSES, IstioSidecar>;
let ports: { readonly service: number; readonly inbound: number; readonly program: number };

beforeAll(async () => {
  mesh = await startTestMesh();
  const [service = 0, inbound = 0, program = 0] = await findFreePorts(3);
  ports = { service, inbound, program };
  echoServer = await startEcho(program);
  await mesh.controlPlane.kubectl(["create", "namespace", "shop"]);
  await mesh.controlPlane.apply(resources());
  const start = (name: keyof typeof ADDRESSES) =>
    mesh.startSidecar({ serviceAccount: name, labels: { app: name }, address: ADDRESSES[name] });
  const begin = Date.now();
  const [web, echo, intruder] = await Promise.all([start("web"), start("echo"), start("intruder")]);
  console.log(`three sidecars ready after ${Date.now() - begin} ms`);
  sidecars = { web, echo, intruder };
  const connected = Date.now();
  await mesh.controlPlane.settled();
  console.log(`settled after ${Date.now() - connected} ms`);
}, 1_800_000);

afterAll(async () => {
  echoServer?.stop();
  await mesh?.stop();
});

/**
 * The outbound listener has the port of the service: on another istiod would put nothing. The called one has none but
 * its own empty one: by default it would have them all, on 127.0.0.1, and proxies share ports without a word.
 */
function resources(): string {
  const outbound = (name: "web" | "intruder") => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${name}, namespace: shop }
spec:
  workloadSelector: { labels: { app: ${name} } }
  egress:
  - port: { number: ${ports.service}, protocol: GRPC, name: grpc-echo }
    bind: ${ADDRESSES[name]}
    captureMode: NONE
    hosts: [ "shop/*" ]`;
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: echo, namespace: shop }
spec:
  hosts: [ ${AUTHORITY} ]
  addresses: [ 240.240.0.10 ]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [ { number: ${ports.service}, name: grpc, protocol: GRPC, targetPort: ${ports.inbound} } ]
  endpoints:
  - { address: ${ADDRESSES.echo}, labels: { app: echo, security.istio.io/tlsMode: istio }, serviceAccount: echo }
  subjectAltNames: [ spiffe://cluster.local/ns/shop/sa/echo ]
---${outbound("web")}
---${outbound("intruder")}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: echo, namespace: shop }
spec:
  workloadSelector: { labels: { app: echo } }
  ingress:
  - port: { number: ${ports.inbound}, protocol: GRPC, name: grpc }
    bind: ${ADDRESSES.echo}
    captureMode: NONE
    defaultEndpoint: 127.0.0.1:${ports.program}
  egress:
  - port: { number: ${ports.service}, protocol: GRPC, name: none }
    bind: ${ADDRESSES.echo}
    captureMode: NONE
    hosts: [ "istio-system/*" ]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
---${policy(["Say"])}`;
}

function policy(methods: readonly EchoMethod[]): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: echo, namespace: shop }
spec:
  selector: { matchLabels: { app: echo } }
  action: ALLOW
  rules:
  - from: [ { source: { principals: [ cluster.local/ns/shop/sa/web ] } } ]
    to: [ { operation: { paths: [ ${methods.map((method) => `/lab.v1.Echo/${method}`).join(", ")} ] } } ]`;
}

const call = (from: "web" | "intruder", method: EchoMethod) =>
  callEcho({ address: `${ADDRESSES[from]}:${ports.service}`, authority: AUTHORITY, method });

test("each sidecar has a certificate of istiod for its own service account", async () => {
  for (const [name, sidecar] of Object.entries(sidecars)) {
    expect(await sidecar.identities()).toEqual([`spiffe://cluster.local/ns/shop/sa/${name}`]);
  }
});

test("a call that the policy allows passes, by mutual TLS", async () => {
  const handshakes = `listener.${ADDRESSES.echo}_${ports.inbound}.ssl.handshake`;
  expect(await call("web", "Say")).toBe("OK");
  expect((await sidecars.echo.stats()).get(handshakes)).toBeGreaterThan(0);
});

test("a method without the right, and a caller without the right, are denied", async () => {
  expect(await call("web", "Admin")).toBe("PERMISSION_DENIED: RBAC: access denied");
  expect(await call("intruder", "Say")).toBe("PERMISSION_DENIED: RBAC: access denied");
});

test("a caller without a certificate is turned away", async () => {
  const address = `${ADDRESSES.echo}:${ports.inbound}`;
  expect(await callEcho({ address, authority: AUTHORITY, method: "Say" })).toMatch(/^UNAVAILABLE/);
});

test("a policy that is changed at run time is in force soon, and so is its way back", async () => {
  onTestFinished(async () => void (await mesh.controlPlane.apply(policy(["Say"]))));
  for (const [methods, answer] of [
    [["Say", "Admin"], "OK"],
    [["Say"], "PERMISSION_DENIED: RBAC: access denied"],
  ] as const) {
    const begin = Date.now();
    await mesh.controlPlane.apply(policy(methods));
    const applied = Date.now();
    const options = { timeout: IN_FORCE_MS, interval: 20 };
    await vi.waitFor(async () => expect(await call("web", "Admin")).toBe(answer), options);
    console.log(`applied in ${applied - begin} ms, in force ${Date.now() - applied} ms later`);
  }
  expect(sidecars.echo.pid).toBe((await processesIn(mesh.folderOf("echo")))[0]);
});

test("a changed policy is in force at every sidecar when the control plane has settled", async () => {
  onTestFinished(async () => void (await mesh.controlPlane.apply(policy(["Say"]))));
  for (const methods of [["Say", "Admin"], ["Say"], ["Say", "Admin"], ["Say"]] as const) {
    await mesh.controlPlane.apply(policy(methods));
    await mesh.controlPlane.settled();
    // A connection that is open keeps the policy it began with, and is told to close with its next answer.
    await call("web", "Say");
    expect(await call("web", "Admin")).toBe(methods.length === 2 ? "OK" : "PERMISSION_DENIED: RBAC: access denied");
  }
});

test("the dump of a sidecar holds what istiod made of the resources", async () => {
  const dump = JSON.stringify(await sidecars.web.configDump());
  expect(dump).toContain(`outbound|${ports.service}||${AUTHORITY}`);
  expect(dump).toContain("EndpointsConfigDump");
});

test("sidecars listen on loopback only", async () => {
  const pids = await processesIn(mesh.folderOf("echo"));
  expect(pids).toHaveLength(2);
  const addresses = await listeningAddresses(pids);
  expect(addresses).toContain(ADDRESSES.echo);
  expect(addresses.filter((address) => !/^127\.|^::1$/.test(address))).toEqual([]);
});

test("a sidecar that istiod does not know the namespace of has an identity of its own, and ends when stopped", async () => {
  const exits: unknown[] = [];
  const sidecar = await mesh.startSidecar({
    ...{ namespace: "warehouse", serviceAccount: "picker", labels: { app: "picker" }, address: "127.0.0.5" },
    onExit: (exit) => exits.push(exit),
  });
  expect(await sidecar.identities()).toEqual(["spiffe://cluster.local/ns/warehouse/sa/picker"]);
  const folder = mesh.folderOf("picker");
  expect(await processesIn(folder)).toHaveLength(2);
  const begin = Date.now();
  await sidecar.stop();
  console.log(`sidecar stopped after ${Date.now() - begin} ms`);
  expect(await processesIn(folder)).toEqual([]);
  expect(exits).toHaveLength(1);
  expect(await sidecar.ready()).toBe(false);
});

test("a killed pilot-agent takes its Envoy with it", async () => {
  const sidecar = await mesh.startSidecar({
    serviceAccount: "doomed",
    labels: { app: "doomed" },
    address: "127.0.0.6",
  });
  process.kill(sidecar.pid, "SIGKILL");
  expect(await sidecar.exited).toEqual({ code: null, signal: "SIGKILL" });
  const folder = mesh.folderOf("doomed");
  await vi.waitFor(async () => expect(await processesIn(folder)).toEqual([]), { timeout: 10_000, interval: 50 });
});
