// Names of hosts as Istio reads them.

/** The workload that a host of the namespace names; undefined for any other host, wildcards among them. */
export function workloadOfHost(host: string, from: string, namespace: string): string | undefined {
  // Istio takes a name without a dot for one of the resource's own namespace, and any other as it is.
  if (!host.includes(".")) return from === namespace && /^[a-z0-9-]+$/.test(host) ? host : undefined;
  const suffix = `.${namespace}.svc.cluster.local`;
  const name = host.endsWith(suffix) ? host.slice(0, -suffix.length) : undefined;
  return name !== undefined && /^[a-z0-9-]+$/.test(name) ? name : undefined;
}

/** Whether a wildcard such as `*.shop.svc.cluster.local` covers the workload's host. */
export function coversHost(pattern: string, workload: string, namespace: string): boolean {
  if (pattern === "*") return true;
  return pattern.startsWith("*.") && `${workload}.${namespace}.svc.cluster.local`.endsWith(pattern.slice(1));
}
