import { z } from "zod";

/** The protobuf JSON of envoy.admin.v3.Clusters: a field at its default is absent, 64-bit numbers are text. */
const number = z.union([z.number(), z.string()]).transform(Number);
const hostShape = z.object({
  address: z.object({
    socket_address: z.object({ address: z.string(), port_value: z.number().default(0) }).optional(),
    pipe: z.object({ path: z.string() }).optional(),
    envoy_internal_address: z.object({ server_listener_name: z.string() }).optional(),
  }),
  stats: z.array(z.object({ name: z.string(), value: number.default(0) })).default([]),
  health_status: z.record(z.string(), z.union([z.boolean(), z.string()])).default({}),
  weight: z.number().default(1),
  priority: z.number().default(0),
  locality: z
    .object({ region: z.string().default(""), zone: z.string().default(""), sub_zone: z.string().default("") })
    .optional(),
});
const clustersShape = z.object({
  cluster_statuses: z.array(z.object({ name: z.string(), host_statuses: z.array(hostShape).default([]) })).default([]),
});

export interface EnvoyLocality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export interface EnvoyHost {
  /** host:port, the path of a socket, or the name of an internal listener. */
  readonly address: string;
  /** No health check, no ejection and no control plane speaks against it. */
  readonly healthy: boolean;
  /** By outlier detection. */
  readonly ejected: boolean;
  /** What speaks against it: "failed_outlier_check", "failed_active_health_check", "eds_health_status=DRAINING", … */
  readonly flags: readonly string[];
  readonly weight: number;
  readonly priority: number;
  readonly locality: EnvoyLocality | undefined;
  /** "cx_total", "rq_error", "rq_success", "rq_active", … */
  readonly stats: Readonly<Record<string, number>>;
}

export interface EnvoyCluster {
  readonly name: string;
  readonly hosts: readonly EnvoyHost[];
}

/** Reads what `/clusters?format=json` prints. */
export function parseClusters(text: string): EnvoyCluster[] {
  const { cluster_statuses } = clustersShape.parse(JSON.parse(text));
  return cluster_statuses.map(({ name, host_statuses }) => ({ name, hosts: host_statuses.map(hostOf) }));
}

function hostOf({ address, stats, health_status, weight, priority, locality }: z.infer<typeof hostShape>): EnvoyHost {
  const flags = Object.entries(health_status).flatMap(([name, value]) => {
    if (typeof value === "boolean") return value ? [name] : [];
    return value === "HEALTHY" || value === "UNKNOWN" ? [] : [`${name}=${value}`];
  });
  return {
    address: printAddress(address),
    healthy: flags.length === 0,
    ejected: flags.includes("failed_outlier_check"),
    flags,
    weight,
    priority,
    locality: locality && { region: locality.region, zone: locality.zone, subZone: locality.sub_zone },
    stats: Object.fromEntries(stats.map(({ name, value }) => [name, value])),
  };
}

function printAddress(address: z.infer<typeof hostShape>["address"]): string {
  const { socket_address: socket, pipe, envoy_internal_address: internal } = address;
  if (socket !== undefined) return `${socket.address}:${socket.port_value}`;
  return pipe?.path ?? internal?.server_listener_name ?? "unknown";
}
