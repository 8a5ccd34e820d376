import { EngineError } from "../engine-error.ts";
import { type EnvoyCluster, parseClusters } from "./clusters.ts";
import { parseStats } from "./stats.ts";

/** A dump of a proxy in a large mesh has tens of megabytes. */
const TIMEOUT_MS = 10_000;

/** The admin endpoint of any Envoy: https://www.envoyproxy.io/docs/envoy/v1.40.0/operations/admin */
export interface EnvoyAdmin {
  /** host:port */
  readonly address: string;
  /** Whether it is live: initialised, serving, not draining. False also when nobody answers. */
  ready(): Promise<boolean>;
  /** Counters and gauges by name, those that are 0 too; only those whose name matches, when there is a filter. */
  stats(filter?: RegExp): Promise<Map<string, number>>;
  /** The clusters with the health of their hosts. */
  clusters(): Promise<readonly EnvoyCluster[]>;
  /** Envoy's own dump as JSON, with the endpoints. */
  configDump(): Promise<unknown>;
  /** Sends a command ("/reset_counters") and returns the answer. */
  post(path: string): Promise<string>;
}

/**
 * Opens no connection: each question is one request.
 * @param address host:port
 * @throws EngineError ENVOY_ADMIN_FAILED, from each function but `ready`
 */
export function createAdmin(address: string): EnvoyAdmin {
  const ask = (path: string, method: "GET" | "POST" = "GET") => request(address, path, method);
  return {
    address,
    ready: () =>
      ask("/ready").then(
        (answer) => answer.trim() === "LIVE",
        () => false,
      ),
    stats: async (filter) => parseStats(await ask("/stats"), filter),
    clusters: async () => parseClusters(await ask("/clusters?format=json")),
    configDump: async () => JSON.parse(await ask("/config_dump?include_eds")),
    post: (path) => ask(path, "POST"),
  };
}

async function request(address: string, path: string, method: string): Promise<string> {
  try {
    // A connection of its own: one that is kept open would count in the statistics, and hold up a draining Envoy.
    const headers = { connection: "close" };
    const response = await fetch(`http://${address}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}: ${text.trim()}`);
    return text;
  } catch (cause) {
    const { message } = (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error) : (cause as Error);
    throw new EngineError("ENVOY_ADMIN_FAILED", `Envoy's admin endpoint ${address} failed at ${path}: ${message}`, {
      cause,
    });
  }
}
