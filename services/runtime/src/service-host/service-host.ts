// What every service is built on: its database, outbox and event log, its consumers, its RPC and health servers, and
// the order in which they start and stop.
import { createTokenVerifier } from "../auth/index.ts";
import type { HostPort, ServiceConfig } from "../config/index.ts";
import type { EventHandler } from "../consumer/index.ts";
import { startConsumer } from "../consumer/index.ts";
import { type Database, keyedPlans, migrate, openDatabase } from "../database/index.ts";
import { type EventLog, openEventLog } from "../event-log/index.ts";
import { type RunningService, startHealthServer } from "../lifecycle/index.ts";
import type { Logger } from "../logging/index.ts";
import { createFlowMetrics } from "../metrics/index.ts";
import { createOutbox, type Outbox } from "../outbox/index.ts";
import { type RpcService, startRpcServer } from "../rpc/index.ts";
import { startPruning } from "./pruning.ts";

export interface ServiceHostOptions {
  readonly config: ServiceConfig;
  /** Folder of the service's migrations; they run before anything else. */
  readonly migrations: string;
  readonly logger: Logger;
}

/** A service that takes calls, and where. */
export interface ServedService extends RunningService {
  readonly grpcAddress: HostPort;
  readonly connectAddress: HostPort;
  readonly healthAddress: HostPort;
}

/** A consumer group of the service and what it does with the events. */
export interface Consumption {
  readonly group: string;
  readonly topics: readonly string[];
  /** In the order of the lifecycle. */
  readonly handlers: readonly EventHandler[];
}

export interface ServiceHost {
  readonly database: Database;
  readonly log: EventLog;
  readonly outbox: Outbox;
  /** Starts a consumer that stops with the service. */
  consume(consumption: Consumption): Promise<void>;
  /** Registers what must end before the outbox and the database do. Steps run last registered first. */
  beforeClose(step: () => Promise<void>): void;
  /** Serves RPC and health; from here on the service is ready while its database and event log answer. */
  serve(services: readonly RpcService[]): Promise<ServedService>;
}

/** Opens what a service stands on. Rejects when the database cannot be reached or migrated. */
export async function openServiceHost({ config, migrations, logger }: ServiceHostOptions): Promise<ServiceHost> {
  const name = config.ORDERMESH_INSTANCE;
  await migrate({ url: config.ORDERMESH_DATABASE_URL, directory: migrations, logger });
  const database = openDatabase({
    url: config.ORDERMESH_DATABASE_URL,
    poolSize: config.ORDERMESH_DATABASE_POOL,
    name,
    logger,
    settings: keyedPlans,
  });
  const log = await openEventLog({
    url: config.ORDERMESH_EVENT_LOG_URL,
    clientId: name,
    logger,
  });
  const outbox = createOutbox({ database, log, logger });
  outbox.startRelay();
  const consumptions: Consumption[] = [];
  const steps: (() => Promise<void>)[] = [startPruning({ database, logger })];

  return {
    database,
    log,
    outbox,
    async consume(consumption) {
      const consumer = await startConsumer({ database, log, outbox, logger, ...consumption });
      consumptions.push(consumption);
      steps.push(() => consumer.stop());
    },
    beforeClose(step) {
      steps.push(step);
    },
    async serve(services) {
      let stopping = false;
      const verifier = createTokenVerifier({
        jwksFile: config.ORDERMESH_JWKS_FILE,
        issuer: config.ORDERMESH_JWT_ISSUER,
        audience: config.ORDERMESH_JWT_AUDIENCE,
      });
      const rpc = await startRpcServer({
        services: [...services],
        grpc: config.ORDERMESH_GRPC_LISTEN,
        connect: config.ORDERMESH_CONNECT_LISTEN,
        verifier,
        logger,
        ready: () => !stopping,
      });
      const health = await startHealthServer({
        listen: config.ORDERMESH_HEALTH_LISTEN,
        live: () => true,
        ready: async () => ({
          accepting: !stopping,
          database: await answers(database),
          eventLog: await log.healthy(),
        }),
        metrics: createFlowMetrics({ log, outbox, consumptions: () => consumptions, logger }),
      });
      return {
        grpcAddress: rpc.grpcAddress,
        connectAddress: rpc.connectAddress,
        healthAddress: health.address,
        async stop() {
          stopping = true;
          // Half of the time for calls in flight leaves the other half for batches and the relay.
          await rpc.stop(config.ORDERMESH_SHUTDOWN_TIMEOUT_MS / 2);
          for (const step of steps.reverse()) await step();
          await outbox.stop();
          await log.close();
          await database.close();
          await health.stop();
        },
      };
    },
  };
}

const ping = { name: "ping", text: "SELECT 1" };

async function answers(database: Database): Promise<boolean> {
  try {
    await database.query(ping);
    return true;
  } catch {
    return false; // the pool logs why; a probe needs only the answer
  }
}
