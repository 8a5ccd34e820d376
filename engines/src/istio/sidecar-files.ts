import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateFile } from "../private-file.ts";
import type { SidecarOptions } from "./model.ts";

const TOKENS = "var/run/secrets/tokens";

export interface SidecarPorts {
  readonly admin: number;
  readonly metrics: number;
  readonly status: number;
}

/**
 * What Kubernetes mounts into a pod, at the places where pilot-agent looks for it: relative to where it runs. So the
 * paths of its sockets stay short, too.
 */
export async function writeSidecarFiles(
  { folder, labels, controlPlane }: SidecarOptions,
  token: string,
): Promise<void> {
  const [pod, proxy, root, tokens] = ["etc/istio/pod", "etc/istio/proxy", "var/run/secrets/istio", TOKENS].map((path) =>
    join(folder, path),
  ) as [string, string, string, string];
  for (const path of [pod, proxy, root, tokens]) await mkdir(path, { recursive: true, mode: 0o700 });
  const lines = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}\n`);
  await writeFile(join(pod, "labels"), lines.join(""));
  // pilot-agent's own server would listen to the network; Envoy's admin endpoint tells what it would.
  await writeFile(join(pod, "annotations"), 'status.sidecar.istio.io/port="0"\n');
  await writeFile(join(root, "root-cert.pem"), controlPlane.rootCertificate);
  await writePrivateFile(join(tokens, "istio-token"), token);
}

/** What the injector writes into a pod, for a workload whose address is one of this machine. */
export function sidecarEnvironment(options: SidecarOptions, name: string, ports: SidecarPorts): NodeJS.ProcessEnv {
  const { controlPlane, namespace, serviceAccount, address, envoyBinary, concurrency = 1 } = options;
  const { xdsAddress, caAddress, trustDomain, installation } = controlPlane;
  return {
    POD_NAME: name,
    POD_NAMESPACE: namespace,
    INSTANCE_IP: address,
    HOST_IP: "127.0.0.1",
    SERVICE_ACCOUNT: serviceAccount,
    TRUST_DOMAIN: trustDomain,
    CA_ADDR: caAddress,
    // Its certificate is for this name; here it is called by an address.
    ISTIOD_SAN: "istiod.istio-system.svc",
    PILOT_CERT_PROVIDER: "istiod",
    JWT_POLICY: "third-party-jwt",
    // Keys that are made in a millisecond.
    ECC_SIGNATURE_ALGORITHM: "ECDSA",
    ISTIO_BOOTSTRAP: installation.bootstrapTemplate,
    ISTIO_META_CLUSTER_ID: "Kubernetes",
    ISTIO_META_MESH_ID: trustDomain,
    ISTIO_META_INTERCEPTION_MODE: "NONE",
    ISTIO_META_WORKLOAD_NAME: serviceAccount,
    ENVOY_PROMETHEUS_PORT: String(ports.metrics),
    ENVOY_STATUS_PORT: String(ports.status),
    PROXY_CONFIG: JSON.stringify({
      discoveryAddress: xdsAddress,
      binaryPath: envoyBinary,
      proxyAdminPort: ports.admin,
      concurrency,
      serviceCluster: serviceAccount,
      terminationDrainDuration: "0s",
      // By default a sidecar counts little: no retries, no ejections, no handshakes.
      proxyStatsMatcher: { inclusionRegexps: [".*"] },
    }),
  };
}
