import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import {
  type Authority,
  createAuthority,
  type EnvoyInstallation,
  installEnvoy,
  startEnvoy,
  writeCredentials,
} from "./index.ts";
import { bootstrap, cluster, httpListener, mutualTls } from "./testing/bootstraps.ts";

let installation: EnvoyInstallation;
let authority: Authority;

beforeAll(async () => {
  installation = await installEnvoy();
  authority = await createAuthority({ trustDomain: "cluster.local" });
});

interface Identity {
  readonly issuer?: Authority;
  readonly lifetimeMs?: number;
}

/** One Envoy that calls another by mutual TLS: its caller sees the answer of the second, or that there is none. */
async function callThroughTwo(caller: Identity = {}) {
  const folder = await temporaryFolder();
  const identity = async (serviceAccount: string, { issuer = authority, ...more }: Identity = {}) => {
    const issued = await issuer.issue({ namespace: "shop", serviceAccount, ...more });
    return writeCredentials(join(folder, serviceAccount), issued, authority);
  };
  const [inbound = 0, outbound = 0] = await findFreePorts(2);
  const start = async (name: string, config: object) => {
    const envoy = await startEnvoy({ installation, name, folder, bootstrap: config });
    onTestFinished(() => envoy.stop());
    return envoy;
  };
  const atServer = mutualTls("Downstream", await identity("server"));
  const atClient = mutualTls("Upstream", await identity("client", caller));
  const server = await start(
    "server",
    bootstrap([httpListener({ port: inbound, answer: "it is you", transport_socket: atServer })]),
  );
  await start(
    "client",
    bootstrap(
      [httpListener({ port: outbound, cluster: "server" })],
      [cluster("server", [inbound], { transport_socket: atClient })],
    ),
  );
  const response = await fetch(`http://127.0.0.1:${outbound}/`);
  const count = async (name: string) => (await server.stats()).get(`listener.127.0.0.1_${inbound}.ssl.${name}`);
  return { status: response.status, body: await response.text(), inbound, count };
}

test("two Envoys with certificates of one authority talk by TLS 1.3", async () => {
  const { status, body, count } = await callThroughTwo();
  expect({ status, body }).toEqual({ status: 200, body: "it is you" });
  expect(await count("handshake")).toBe(1);
  expect(await count("versions.TLSv1.3")).toBe(1);
});

test("a certificate of another authority with the same names is refused, and counted", async () => {
  const { status, count } = await callThroughTwo({ issuer: await createAuthority({ trustDomain: "cluster.local" }) });
  expect(status).toBe(503);
  expect(await count("fail_verify_error")).toBeGreaterThan(0);
});

test("a certificate whose time is over is refused", async () => {
  const yesterday = new Date(Date.now() - 86_400_000);
  const issuer = await createAuthority({ trustDomain: "cluster.local", now: () => yesterday });
  const { status, count } = await callThroughTwo({ issuer, lifetimeMs: 3_600_000 });
  expect(status).toBe(503);
  expect(await count("fail_verify_error")).toBeGreaterThan(0);
});

test("plaintext, and TLS without a certificate, get no answer", async () => {
  const { inbound, count } = await callThroughTwo();
  expect(await count("connection_error")).toBe(0);
  await expect(fetch(`http://127.0.0.1:${inbound}/`)).rejects.toThrow("fetch failed");
  expect(await count("connection_error")).toBe(1);

  expect(await count("fail_verify_no_cert")).toBe(0);
  const socket = connect({ host: "127.0.0.1", port: inbound, rejectUnauthorized: false });
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  socket.write("GET / HTTP/1.1\r\nhost: server\r\n\r\n");
  await expect(once(socket, "end")).rejects.toThrow("certificate required");
  expect(answer).toBe("");
  expect(await count("fail_verify_no_cert")).toBe(1);
});
