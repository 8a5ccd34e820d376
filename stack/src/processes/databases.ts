import type { EmbeddedPostgres, Role } from "@ordermesh/runtime/embedded-postgres";
import type { Secrets } from "../data-folder/secrets.ts";
import { FIRST_SHARD } from "../shards/shard-names.ts";
import type { DatabaseUrls } from "../state.ts";
import { type ServiceName, serviceNames } from "./topology.ts";

const databaseNames = ["order", "payment", "provider", "inventory", "notification", "log"] as const;
type DatabaseName = (typeof databaseNames)[number];

const fullName = (name: DatabaseName): string => `ordermesh_${name}`;

/** Role and database bear the same name: a role per service, which owns its database and sees no other. */
export const roleNames: readonly string[] = databaseNames.map(fullName);

/**
 * Creates what is missing. The event log is shared: every service may connect to it and acts there as its owner, so
 * that whichever creates the tables, all may use them.
 */
export async function provisionDatabases(postgres: EmbeddedPostgres, secrets: Secrets): Promise<void> {
  const services = serviceNames.map(fullName);
  const log = fullName("log");
  for (const name of roleNames) await postgres.createRole(roleOf(name, secrets));
  for (const name of roleNames) await postgres.createDatabase(name, name, name === log ? services : []);
  await postgres.administer(async (client) => {
    for (const name of services) {
      await client.query(`GRANT "${log}" TO "${name}"`);
      await client.query(`ALTER ROLE "${name}" IN DATABASE "${log}" SET role = '${log}'`);
    }
  });
}

/** Creates what is missing on the server of a further shard: the role of its service and the database. */
export async function provisionShard(postgres: EmbeddedPostgres, secrets: Secrets): Promise<void> {
  const name = fullName("order");
  await postgres.createRole(roleOf(name, secrets));
  await postgres.createDatabase(name, name);
}

/** A server that has a shard and nothing else. */
export interface ShardServer {
  readonly shard: string;
  readonly postgres: EmbeddedPostgres;
}

/** The servers with everything that a stack keeps in databases. */
export interface DatabaseServers {
  /** Has the first shard, and whatever is not of the order service. */
  readonly postgres: EmbeddedPostgres;
  readonly furtherShards: readonly ShardServer[];
}

/** How a database is reached: by `url` for tools anywhere, by `socketUrl` for the services beside it. */
type Way = "url" | "socketUrl";
type Reach = EmbeddedPostgres["url"];

export function databaseUrls({ postgres, furtherShards }: DatabaseServers, way: Way, secrets: Secrets): DatabaseUrls {
  const url = (name: DatabaseName, server = postgres): string =>
    server[way](fullName(name), roleOf(fullName(name), secrets));
  return {
    shards: [
      { name: FIRST_SHARD, url: url("order") },
      ...furtherShards.map((further) => ({ name: further.shard, url: url("order", further.postgres) })),
    ],
    payment: url("payment"),
    provider: url("provider"),
    inventory: url("inventory"),
    notification: url("notification"),
  };
}

/** The event log as its owner, for tools. */
export function eventLogUrl(reach: Reach, secrets: Secrets): string {
  return reach(fullName("log"), roleOf(fullName("log"), secrets));
}

/** The event log as each service's own role. */
export function eventLogUrls(reach: Reach, secrets: Secrets): Record<ServiceName, string> {
  const url = (name: ServiceName): string => reach(fullName("log"), roleOf(fullName(name), secrets));
  return {
    order: url("order"),
    payment: url("payment"),
    inventory: url("inventory"),
    notification: url("notification"),
  };
}

function roleOf(name: string, secrets: Secrets): Role {
  return { name, password: secrets.roles[name] ?? "" };
}
