import { chmod, mkdir, readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { EngineError } from "../engine-error.ts";
import { findFreePorts } from "../free-ports.ts";
import { startApiServer } from "./api-server.ts";
import { clusterCommands } from "./cluster-commands.ts";
import type { Daemon } from "./daemon.ts";
import { startEtcd } from "./etcd.ts";
import { startIstiod } from "./istiod.ts";
import { trustDomainIn } from "./mesh-config.ts";
import type { ControlPlaneOptions, IstioControlPlane } from "./model.ts";
import { createNamespace, rootCertificateOf } from "./namespaces.ts";
import { define, readDefinitions } from "./resource-definitions.ts";
import type { ServerApi } from "./server-api.ts";
import { waitUntilSettled } from "./settled.ts";
import { validateByIstiod } from "./validation-webhook.ts";

/**
 * Starts etcd, an API server with Istio's resource definitions, and istiod, on free ports of 127.0.0.1, and resolves
 * when all are ready and resources of Istio are validated. They end with this process, however this process ends.
 * @throws EngineError CONTROL_PLANE_START_FAILED, with the end of what the one said that failed
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<IstioControlPlane> {
  const { installation, meshConfig = {}, onProgress, onExit } = options;
  const trustDomain = trustDomainIn(meshConfig);
  const folder = await emptyFolder(options.folder);
  const [serverPort, xds, http, webhook] = await findFreePorts(4);
  if (serverPort === undefined || xds === undefined || http === undefined || webhook === undefined) {
    throw new Error("four ports were asked for");
  }
  const daemons: Daemon[] = [];
  let api: ServerApi | undefined;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      await api?.close();
      // Users before what they use: istiod and the API server wait for answers on their way out.
      for (const daemon of daemons.toReversed()) await daemon.stop();
    })();
    return stopped;
  };
  try {
    onProgress?.("starting etcd and the API server");
    const etcd = await startEtcd(installation, folder);
    daemons.push(etcd);
    const starting = startApiServer(installation, { folder, port: serverPort, etcd });
    // Half a second of work, while there is nothing else to do.
    const reading = readDefinitions(installation.crds);
    reading.catch(() => undefined); // Told below.
    const server = await starting;
    daemons.push(server);
    api = server.api;
    const { kubeconfig } = server;

    onProgress?.("defining Istio's kinds of resources");
    await createNamespace(api, "istio-system");
    await define(api, await reading);

    onProgress?.("starting istiod");
    const ports = { xds, http, webhook };
    const istiod = await startIstiod(installation, { folder, kubeconfig, trustDomain, meshConfig, ports });
    daemons.push(istiod);
    const rootCertificate = await rootCertificateOf(api, "istio-system");
    await validateByIstiod(api, istiod.webhookUrl, rootCertificate);
    onProgress?.("the control plane is ready");

    for (const { name, exited } of daemons) exited.then((exit) => stopped ?? onExit?.(name, exit));
    const { xdsAddress, debugAddress } = istiod;
    const commands = clusterCommands(installation, folder, kubeconfig);
    const list = ["get", "istio-io", "--all-namespaces", "-o", "json"];
    const listResources = async () => (await commands.kubectl(list)).stdout;
    return {
      ...{ installation, folder, kubeconfig, trustDomain, rootCertificate, api, ...commands },
      ...{ xdsAddress, caAddress: xdsAddress, debugAddress, stop },
      settled: () => waitUntilSettled({ debugAddress, listResources }),
      pidOf: (name) => daemons.find((daemon) => daemon.name === name)?.pid,
    };
  } catch (cause) {
    await stop();
    if (cause instanceof EngineError) throw cause;
    const message = `the Istio control plane did not start: ${(cause as Error).message}`;
    throw new EngineError("CONTROL_PLANE_START_FAILED", message, { cause });
  }
}

/** Not one of an earlier control plane: keys, certificates and resources of both would be mixed. */
async function emptyFolder(given: string): Promise<string> {
  const folder = resolve(given);
  await mkdir(folder, { recursive: true });
  const [first] = await readdir(folder);
  if (first === undefined) {
    // What is in it, sockets without a password included, is its owner's only.
    await chmod(folder, 0o700);
    return folder;
  }
  const message = `${folder} must be empty for a new control plane, and holds ${first}. Remove it, or name another folder.`;
  throw new EngineError("CONTROL_PLANE_START_FAILED", message);
}
