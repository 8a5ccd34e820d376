import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { createAdmin, type EnvoyAdmin } from "../envoy/index.ts";
import { findFreePorts } from "../free-ports.ts";
import { askIdentities } from "./certificates.ts";
import { startDaemon } from "./daemon.ts";
import type { IstioSidecar, SidecarOptions } from "./model.ts";
import { createNamespace, createServiceAccount, tokenFor } from "./namespaces.ts";
import { sidecarEnvironment, writeSidecarFiles } from "./sidecar-files.ts";

const STOP_TIMEOUT_MS = 5_000;
const READY_TIMEOUT_MS = 60_000;

/**
 * Starts pilot-agent with a stock Envoy as the sidecar of a workload. Its namespace and service account are made when
 * they are not there. Resolves when the sidecar has its certificate and its configuration of istiod, and is live.
 * It ends with this process, however this process ends.
 * @throws EngineError ENVOY_START_FAILED, with the end of what it said
 */
export async function startSidecar(given: SidecarOptions): Promise<IstioSidecar> {
  const options = { ...given, folder: resolve(given.folder) };
  const { controlPlane, namespace, serviceAccount, folder, onExit } = options;
  const name = given.name ?? `${serviceAccount}-1`;
  const { api, installation } = controlPlane;
  await createNamespace(api, namespace);
  await createServiceAccount(api, namespace, serviceAccount);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeSidecarFiles(options, await tokenFor(api, namespace, serviceAccount));

  const [metrics = 0, status = 0, free = 0] = await findFreePorts(3);
  const ports = { metrics, status, admin: given.adminPort ?? free };
  const { address: adminAddress, ...questions } = createAdmin(`127.0.0.1:${ports.admin}`);
  const daemon = await startDaemon({
    ...{ name, file: installation.pilotAgent, folder, failure: "ENVOY_START_FAILED" },
    args: ["proxy", "sidecar", `--domain=${namespace}.svc.cluster.local`, "--proxyLogLevel=warning"],
    env: sidecarEnvironment(options, name, ports),
    ...{ stopTimeoutMs: STOP_TIMEOUT_MS, readyTimeoutMs: READY_TIMEOUT_MS },
    missing: () => whatIsMissing(questions),
  });
  if (onExit !== undefined) daemon.exited.then(onExit);
  const { pid, logFile, exited, kill, stop } = daemon;
  return {
    ...{ ...questions, name, pid, adminAddress, logFile, exited, kill, stop },
    identities: () => askIdentities(adminAddress),
  };
}

/** The conditions of pilot-agent's own readiness probe. */
async function whatIsMissing(admin: Omit<EnvoyAdmin, "address">): Promise<string | undefined> {
  if (!(await admin.ready())) return "Envoy is not live: it waits for its certificate or its configuration of istiod";
  const stats = await admin.stats(/^(cluster_manager\.cds|listener_manager\.lds)\.update_success$|workers_started$/);
  const lacking = ["cluster_manager.cds.update_success", "listener_manager.lds.update_success"];
  const unmet = [...lacking, "listener_manager.workers_started"].filter((stat) => !((stats.get(stat) ?? 0) > 0));
  return unmet.length === 0 ? undefined : `its configuration is not there: ${unmet.join(", ")} is 0`;
}
