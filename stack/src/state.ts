import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import { type Layout, layoutOf } from "./data-folder/layout.ts";
import { tryLock } from "./data-folder/lock.ts";
import { readJsonFile, writePrivateFile } from "./data-folder/private-file.ts";
import type { ServiceName } from "./processes/topology.ts";

export interface ProcessState {
  readonly name: string;
  readonly service: string;
  readonly pid: number;
  readonly http?: string;
  readonly grpc?: string;
  readonly connect?: string;
  readonly health?: string;
  /** The admin endpoint of a sidecar. */
  readonly admin?: string;
  /** Where others reach the process of a sidecar, by mTLS. */
  readonly inbound?: string;
  /** Where the process of a sidecar reaches each service that it calls. */
  readonly outbound?: Readonly<Record<string, string>>;
  readonly eventLogUrl?: string;
}

/** One database of the order service. */
export interface ShardUrl {
  /** Such as shard-1. */
  readonly name: string;
  readonly url: string;
}

/** Databases by what they hold, each as its owner. */
export interface DatabaseUrls {
  /** Those of the order service, shard-1 first. */
  readonly shards: readonly ShardUrl[];
  readonly payment: string;
  readonly provider: string;
  readonly inventory: string;
  readonly notification: string;
}

/** What stack.json says of a running stack, so that tools can attach. It holds tokens and passwords. */
export interface StackState {
  /** Where the events are: in PostgreSQL (embedded) or on Kafka (engines). */
  readonly mode: "embedded" | "engines";
  /** Whether calls between processes go through sidecars. */
  readonly mesh: boolean;
  readonly gatewayUrl: string;
  readonly customerToken: string;
  readonly operatorToken: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The supervisor. */
  readonly pid: number;
  readonly processes: readonly ProcessState[];
  readonly databases: DatabaseUrls;
  /** The event log, for tools: as a user who may do everything. */
  readonly eventLogUrl: string;
  /** Redis, for tools: as a user who may do everything. Absent where there is none. */
  readonly redisUrl?: string;
  /** The variables of each service's first process, for the programs that look after what the service has. */
  readonly serviceEnvironments: Readonly<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** The superuser of the main PostgreSQL, which has all but the further shards: for statistics and for scratch databases. */
  readonly adminDatabaseUrl: string;
}

/** What tools need to read the state of a platform. */
export type PlatformUrls = Pick<StackState, "databases" | "eventLogUrl">;

/** The state of the stack that runs on the data folder; undefined when none does, whatever file a killed one left. */
export async function readStackState(dataDir: string): Promise<StackState | undefined> {
  const layout = layoutOf(dataDir);
  const state = (await readJsonFile(layout.state)) as StackState | undefined;
  if (state === undefined || !isAlive(state.pid)) return undefined;
  if (state.pid === process.pid) return state;
  // The number may meanwhile belong to another program: only the lock is proof.
  const lock = tryLock(layout.lock);
  lock?.release();
  return lock === undefined ? state : undefined;
}

export async function writeStackState(layout: Layout, state: StackState): Promise<void> {
  await writePrivateFile(layout.state, `${JSON.stringify(state, undefined, 2)}\n`);
}
