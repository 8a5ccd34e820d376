import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { installFolder } from "../installed-folder.ts";
import { listenOnLoopbackOnly } from "./bootstrap-template.ts";
import { findGo } from "./go.ts";
import { buildFlags, buildPrograms } from "./go-build.ts";
import type { IstioInstallation } from "./model.ts";
import { istioModule, kubernetesModule, type PinnedModule, requiredVersion } from "./modules.ts";

const run = promisify(execFile);
const ENGINES = fileURLToPath(new URL("../../../.engines", import.meta.url));
const CRDS = "crds.yaml";
const BOOTSTRAP = "bootstrap-template.json";

export interface InstallOptions {
  /** Receives what is being done, for people. */
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes sure that Istio is in `.engines/istio-<version>/` and the API server that it needs, with etcd and kubectl, in
 * `.engines/kubernetes-<version>/` at the root of the project: complete folders are taken as they are, without Go, else
 * Go builds them from pinned modules. Two processes may install at once.
 * @throws EngineError GO_MISSING, GO_TOO_OLD, ISTIO_BUILD_FAILED or KUBE_BUILD_FAILED; the signal's reason
 */
export async function installIstio(options: InstallOptions = {}): Promise<IstioInstallation> {
  return installInto(ENGINES, process.env, options);
}

export async function installInto(
  parent: string,
  env: NodeJS.ProcessEnv,
  options: InstallOptions,
): Promise<IstioInstallation> {
  // One after the other: each of them keeps all cores busy.
  const kubernetes = await installModule(kubernetesModule, "kubernetes", async () => {});
  const istio = await installModule(istioModule, "istio", copyIstioFiles);
  return {
    version: istio.version,
    kubernetesVersion: kubernetes.version,
    pilotDiscovery: join(istio.folder, "pilot-discovery"),
    pilotAgent: join(istio.folder, "pilot-agent"),
    istioctl: join(istio.folder, "istioctl"),
    crds: join(istio.folder, CRDS),
    bootstrapTemplate: join(istio.folder, BOOTSTRAP),
    kubeApiserver: join(kubernetes.folder, "kube-apiserver"),
    kubectl: join(kubernetes.folder, "kubectl"),
    // What go calls the program of go.etcd.io/etcd/server/v3.
    etcd: join(kubernetes.folder, "server"),
  };

  async function installModule(
    module: PinnedModule,
    name: string,
    addFiles: (building: string, env: NodeJS.ProcessEnv) => Promise<void>,
  ): Promise<{ version: string; folder: string }> {
    const goMod = await readFile(join(module.folder, "go.mod"), "utf8");
    const version = module.versionOf(requiredVersion(goMod, module.leader));
    const folder = resolve(parent, `${name}-${version}`);
    await installFolder({
      folder,
      fingerprint: await fingerprintOf(module, version),
      what: module.what,
      failure: module.failure,
      fill: async (building) => {
        await buildPrograms({ module, version, folder: building, env, ...options });
        await addFiles(building, env);
      },
    });
    return { version, folder };
  }
}

async function fingerprintOf(module: PinnedModule, version: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(await readFile(join(module.folder, file)));
  // A folder of the project may be shared by machines of different kinds.
  return hash.update(JSON.stringify([buildFlags(module, version), process.platform, process.arch])).digest("hex");
}

/** Resource definitions and the proxy's bootstrap come with the sources, in the module that the programs are built of. */
async function copyIstioFiles(building: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { folder, leader } = istioModule;
  const go = await findGo(folder, env);
  const args = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", leader];
  const { stdout } = await run(go, args, { cwd: folder, env: { ...env, GOWORK: "off" } });
  const sources = stdout.trim();
  await copyFile(join(sources, "manifests/charts/base/files/crd-all.gen.yaml"), join(building, CRDS));
  const template = await readFile(join(sources, "tools/packaging/common/envoy_bootstrap.json"), "utf8");
  await writeFile(join(building, BOOTSTRAP), listenOnLoopbackOnly(template));
}
