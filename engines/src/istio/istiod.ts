import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Daemon, startDaemon } from "./daemon.ts";
import { meshConfigFor } from "./mesh-config.ts";
import type { IstioInstallation } from "./model.ts";

const STOP_TIMEOUT_MS = 5_000;
const READY_TIMEOUT_MS = 60_000;

export interface Istiod extends Daemon {
  readonly xdsAddress: string;
  readonly debugAddress: string;
  /** Where the API server asks whether a resource of Istio is right. */
  readonly webhookUrl: string;
}

export interface IstiodOptions {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly ports: { readonly xds: number; readonly http: number; readonly webhook: number };
  readonly trustDomain: string;
  readonly meshConfig: Readonly<Record<string, unknown>>;
}

/** @throws EngineError CONTROL_PLANE_START_FAILED */
export async function startIstiod({ pilotDiscovery }: IstioInstallation, options: IstiodOptions): Promise<Istiod> {
  const { folder, kubeconfig, ports, trustDomain, meshConfig } = options;
  const on = (port: number) => `127.0.0.1:${port}`;
  const [xdsAddress, debugAddress] = [on(ports.xds), on(ports.http)];
  const meshFile = join(folder, "mesh.yaml");
  await writeFile(meshFile, stringify(meshConfigFor(xdsAddress, trustDomain, meshConfig)));
  const daemon = await startDaemon({
    ...{ name: "istiod", file: pilotDiscovery, folder, failure: "CONTROL_PLANE_START_FAILED" },
    args: [
      ...["discovery", `--kubeconfig=${kubeconfig}`, `--meshConfig=${meshFile}`, "--domain=cluster.local"],
      ...[`--secureGRPCAddr=${xdsAddress}`, `--httpAddr=${debugAddress}`, `--httpsAddr=${on(ports.webhook)}`],
      // Without addresses of their own, plaintext xDS and metrics are served on the HTTP address.
      ...["--grpcAddr=", "--monitoringAddr=", "--ctrlz_port=0", "--shutdownDuration=0s"],
    ],
    env: {
      POD_NAME: "istiod-0",
      POD_NAMESPACE: "istio-system",
      PILOT_CERT_PROVIDER: "istiod",
      // The name that the API server calls it by; sidecars know it by its usual one.
      ISTIOD_CUSTOM_HOST: "localhost",
      // Filters that only Istio's own build of Envoy has.
      PILOT_ENABLE_METADATA_EXCHANGE: "false",
      PILOT_ENABLE_ALPN_FILTER: "false",
      // There are no pods to inject into, and the webhook for validation is written here, not in a chart.
      INJECT_ENABLED: "false",
      INJECTION_WEBHOOK_CONFIG_NAME: "",
      VALIDATION_WEBHOOK_CONFIG_NAME: "",
      PILOT_ENABLE_STATUS: "false",
    },
    ...{ stopTimeoutMs: STOP_TIMEOUT_MS, readyTimeoutMs: READY_TIMEOUT_MS },
    missing: () => askReady(debugAddress),
  });
  return { ...daemon, xdsAddress, debugAddress, webhookUrl: `https://localhost:${ports.webhook}/validate` };
}

async function askReady(address: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${address}/ready`, { signal: AbortSignal.timeout(5_000) });
    const text = await answer.text();
    return answer.ok ? undefined : `it says that it is not ready: ${text.trim() || answer.status}`;
  } catch (error) {
    return `it does not answer: ${(error as Error).message}`;
  }
}
