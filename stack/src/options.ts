import type { PostgresSettings } from "@ordermesh/runtime/embedded-postgres";
import type { LogLine } from "./output/log-line.ts";
import type { Environment } from "./processes/environment.ts";
import type { ProgramName, Replicas } from "./processes/topology.ts";

/** Runs one step of the start; it may show its title and what the step reports on the way. */
export type RunPhase = <T>(title: string, work: (progress: (text: string) => void) => Promise<T>) => Promise<T>;

/** A Kafka cluster for the events: of brokers that the stack runs, or one that runs elsewhere. */
export type EventLogOption =
  | {
      readonly kind: "kafka";
      readonly brokers: 1 | 3;
      /** Broker properties over the usual ones, for tests. */
      readonly settings?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "external";
      /** kafka://… as services and tools get it. */
      readonly url: string;
    };

export interface StackOptions {
  /** Folder of the stack's data; created when missing. */
  readonly dataDir: string;
  /** Port of the gateway on 127.0.0.1; 0 picks a free one. */
  readonly port: number;
  readonly replicas?: Replicas;
  /** Where the events are; in PostgreSQL (embedded) unless given. A data folder stays with what it began with. */
  readonly eventLog?: EventLogOption;
  /** How many databases hold the orders, from 1 to 8; as many as the folder has had unless given, 1 at first. */
  readonly shards?: number;
  /** A Redis for the index of orders, rate limits and news of prices, which is started; needs redis-server on PATH. */
  readonly redis?: boolean;
  /** A sidecar beside every process, so that all calls between them are mTLS under the policies in mesh/. */
  readonly mesh?: boolean;
  /** Variables for every process, over the computed ones, such as { ORDERMESH_SAGA_DEADLINE_MS: "5000" }. */
  readonly env?: Environment;
  /** Items of the catalogue put in at the first start; 0 for none. Default 1,000. */
  readonly catalogue?: number;
  /** Other main files, for tests of the supervisor. */
  readonly programs?: Partial<Record<ProgramName, string>>;
  /** PostgreSQL's settings over the usual ones; for tests that do not test durability. */
  readonly postgresSettings?: PostgresSettings;
  /** Longest wait for all processes to be ready. Default 60,000 ms. */
  readonly readyTimeoutMs?: number;
  /** What happens: the logs of all processes, deaths and restarts. Nothing is shown without. */
  readonly onLog?: (line: LogLine) => void;
  /** Shows the steps of the start. */
  readonly runPhase?: RunPhase;
  /** Gives the start up: it then stops what it had started, and rejects. */
  readonly signal?: AbortSignal;
}
