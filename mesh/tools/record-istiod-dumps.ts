// Records what a real istiod makes of the rendering of a small mesh, for the specs of parity: starts a control plane
// and a sidecar per workload, and keeps of each config dump what parity reads. Needs what `npm run test:istio` needs.
// Run `npm run format` afterwards.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installEnvoy } from "@ordermesh/engines/envoy";
import { installIstio, startControlPlane } from "@ordermesh/engines/istio";
import { shopMesh } from "../src/render/envoy/testing/shop.ts";
import { istioBeds } from "../src/verify/istio/istio-beds.ts";

const target = join(import.meta.dirname, "..", "src", "parity", "testdata");
const sidecars = { "web-1": "web", "till-1": "till", "stock-1": "stock" } as const;

const onProgress = (text: string): void => console.log(text);
const envoy = await installEnvoy({ onProgress });
const installation = await installIstio({ onProgress });
const work = mkdtempSync(join(tmpdir(), "istiod-dumps-"));
const controlPlane = await startControlPlane({ installation, folder: join(work, "control-plane"), onProgress });
try {
  const bed = await istioBeds({ controlPlane, envoy })({
    mesh: shopMesh(),
    workloads: {
      web: [{ name: "web-1", zone: "a" }],
      till: [{ name: "till-1", zone: "a" }],
      stock: [
        { name: "stock-1", zone: "a" },
        { name: "stock-2", zone: "b" },
      ],
    },
  });
  mkdirSync(target, { recursive: true });
  for (const [name, workload] of Object.entries(sidecars)) {
    const file = join(target, `istiod-${workload}.json`);
    writeFileSync(file, `${JSON.stringify(trimmed(await bed.sidecars.get(name)?.configDump()), undefined, 1)}\n`);
    console.log(`written: ${file}`);
  }
  await bed.stop();
} finally {
  await controlPlane.stop();
  rmSync(work, { recursive: true, force: true });
}

type Json = Readonly<Record<string, unknown>>;

/** Without secrets, the static parts of the bootstrap, and where this machine keeps its files. */
function trimmed(dump: unknown): Json {
  const configs = (dump as { readonly configs: readonly Json[] }).configs;
  const kept = configs.flatMap((config): Json[] => {
    const kind = String(config["@type"]).split(".").at(-1) ?? "";
    if (kind === "BootstrapConfigDump") return [{ "@type": config["@type"], bootstrap: { node: nodeOf(config) } }];
    const lists = Object.entries(config).filter(([name]) => name === "@type" || name.startsWith("dynamic_"));
    return /^(Clusters|Listeners|Routes|Endpoints)ConfigDump$/.test(kind) ? [Object.fromEntries(lists)] : [];
  });
  return { configs: kept };
}

function nodeOf(config: Json): Json {
  const { node } = config["bootstrap"] as { readonly node: Json };
  const { LABELS, NAMESPACE, SERVICE_ACCOUNT, WORKLOAD_NAME } = node["metadata"] as Json;
  return { id: node["id"], cluster: node["cluster"], metadata: { LABELS, NAMESPACE, SERVICE_ACCOUNT, WORKLOAD_NAME } };
}
