import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { createAuthority, type EnvoyInstallation, installEnvoy, validateBootstrap, writeCredentials } from "./index.ts";
import { bootstrap, cluster, httpListener, mutualTls } from "./testing/bootstraps.ts";

let installation: EnvoyInstallation;

beforeAll(async () => {
  installation = await installEnvoy();
});

async function write(content: object, file?: string): Promise<string> {
  const path = file ?? join(await temporaryFolder(), "bootstrap.json");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(content));
  return path;
}

test("a bootstrap that Envoy takes has no warnings", async () => {
  const [port = 0] = await findFreePorts(1);
  const file = await write(bootstrap([httpListener({ port, answer: "hello" })]));
  expect(await validateBootstrap(installation, file)).toEqual([]);
});

test("a deprecated field is a warning with the field's name", async () => {
  const file = await write(bootstrap([], [cluster("orders", [7001], { http2_protocol_options: {} })]));
  const warnings = await validateBootstrap(installation, file);
  expect(warnings).toEqual([expect.stringContaining("http2_protocol_options")]);
});

test.each([
  ["a field that is not there", cluster("orders", [7001], { lb_polcy: "ROUND_ROBIN" }), "no such field: 'lb_polcy'"],
  [
    "a value out of its range",
    cluster("orders", [7001], { outlier_detection: { max_ejection_percent: 101 } }),
    "MaxEjectionPercent: value must be less than or equal to 100",
  ],
  ["a value that is no member", cluster("orders", [7001], { lb_policy: "FASTEST" }), "unknown enum value: 'FASTEST'"],
])("%s is refused with the file and what is wrong", async (_what, wrong, wrongPart) => {
  const file = await write(bootstrap([], [wrong]));
  const refusal = validateBootstrap(installation, file);
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "ENVOY_CONFIG_INVALID" });
  await expect(refusal).rejects.toThrow(file);
  await expect(refusal).rejects.toThrow(wrongPart);
});

test("a route to a cluster that nobody defines is refused", async () => {
  const [port = 0] = await findFreePorts(1);
  const file = await write(bootstrap([httpListener({ port, cluster: "nobody" })]));
  await expect(validateBootstrap(installation, file)).rejects.toThrow("unknown cluster 'nobody'");
});

test("certificates are looked for beside the bootstrap, or in the folder that is given", async () => {
  const folder = await temporaryFolder();
  const authority = await createAuthority({ trustDomain: "cluster.local" });
  await writeCredentials(
    join(folder, "tls"),
    await authority.issue({ namespace: "shop", serviceAccount: "a" }),
    authority,
  );
  const transport_socket = mutualTls("Upstream", {
    certificateFile: "tls/cert-chain.pem",
    privateKeyFile: "tls/key.pem",
    caFile: "tls/root-cert.pem",
  });
  const content = bootstrap([], [cluster("orders", [7001], { transport_socket })]);
  expect(await validateBootstrap(installation, await write(content, join(folder, "bootstrap.json")))).toEqual([]);
  const elsewhere = await write(content);
  await expect(validateBootstrap(installation, elsewhere)).rejects.toThrow("tls/");
  expect(await validateBootstrap(installation, elsewhere, { folder })).toEqual([]);
});

test("an Envoy that is not there is no fault of the bootstrap", async () => {
  const file = await write({});
  const nowhere = { version: "0", binary: join(dirname(file), "nowhere") };
  const refusal = validateBootstrap(nowhere, file);
  await expect(refusal).rejects.toMatchObject({ code: "ENVOY_START_FAILED" });
  await expect(refusal).rejects.toThrow(nowhere.binary);
});
