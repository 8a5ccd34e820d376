/**
 * Istio's bootstrap of a proxy, changed so that its status and metrics ports are closed to the network: in a pod the
 * network is the pod's own, here it is the machine's.
 */
export function listenOnLoopbackOnly(template: string): string {
  const changed = template.replaceAll("{{ .wildcard }}", "{{ .localhost }}");
  if (changed === template) throw new Error("the bootstrap of Istio's proxies is not made as it used to be");
  return changed;
}
