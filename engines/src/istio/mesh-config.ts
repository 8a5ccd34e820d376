/**
 * What a mesh of stock Envoys needs: Istio's own filters for statistics are not in them, and a sidecar that misses one
 * refuses its whole configuration.
 */
export function meshConfigFor(
  xdsAddress: string,
  trustDomain: string,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    enablePrometheusMerge: false,
    defaultProviders: {},
    ...given,
    trustDomain,
    defaultConfig: { ...objectIn(given, "defaultConfig"), discoveryAddress: xdsAddress },
  };
}

/** "cluster.local", Istio's own default, unless another is given. */
export function trustDomainIn(meshConfig: Readonly<Record<string, unknown>>): string {
  const given = meshConfig["trustDomain"];
  if (given === undefined) return "cluster.local";
  if (typeof given === "string" && given !== "") return given;
  throw new TypeError(`meshConfig.trustDomain is ${JSON.stringify(given)}; a domain name is allowed`);
}

function objectIn(config: Readonly<Record<string, unknown>>, field: string): object {
  const value = config[field];
  if (value === undefined) return {};
  if (typeof value === "object" && value !== null) return value;
  throw new TypeError(`meshConfig.${field} is ${JSON.stringify(value)}; an object is allowed`);
}
