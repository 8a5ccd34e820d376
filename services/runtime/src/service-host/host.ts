// What every service is built on: its databases, its event log, its consumers, its RPC and health servers, and the order
// in which they start and stop.
import type { Metric } from "prom-client";
import { createTokenVerifier } from "../auth/index.ts";
import type { HostPort, ServiceConfig } from "../config/index.ts";
import { type ApplyBatch, type EventHandler, startBatchConsumer } from "../consumer/index.ts";
import { type EventLog, openEventLog } from "../event-log/index.ts";
import { type RunningService, startHealthServer } from "../lifecycle/index.ts";
import type { Logger } from "../logging/index.ts";
import { createFlowMetrics } from "../metrics/index.ts";
import { type RpcService, startRpcServer } from "../rpc/index.ts";
import type { Store } from "./store.ts";

export type HostConfig = Omit<ServiceConfig, "ORDERMESH_DATABASE_URL">;

export interface HostOptions<S extends Store> {
  readonly config: HostConfig;
  readonly logger: Logger;
  /** Opens the databases of the service; rejects when it cannot run without what is missing. */
  openStores(log: EventLog): Promise<readonly S[]>;
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

export interface Host<S extends Store> {
  readonly log: EventLog;
  readonly stores: readonly S[];
  /** Starts a consumer that stops with the service. */
  consume(consumption: Consumption, apply: ApplyBatch): Promise<void>;
  /** Registers what must end before the outboxes and the databases do. Steps run last registered first. */
  beforeClose(step: () => Promise<void>): void;
  /** Serves RPC and health; from here on the service is ready while a database and the event log answer. */
  serve(services: readonly RpcService[], metrics?: readonly Metric[]): Promise<ServedService>;
}

/** Opens what a service stands on. */
export async function openHost<S extends Store>({ config, logger, openStores }: HostOptions<S>): Promise<Host<S>> {
  const log = await openEventLog({
    url: config.ORDERMESH_EVENT_LOG_URL,
    clientId: config.ORDERMESH_INSTANCE,
    logger,
  });
  const stores = await openStores(log);
  const consumptions: Consumption[] = [];
  const steps: (() => Promise<void>)[] = [];

  return {
    log,
    stores,
    async consume(consumption, apply) {
      const consumer = await startBatchConsumer({ log, logger, apply, ...consumption });
      consumptions.push(consumption);
      steps.push(() => consumer.stop());
    },
    beforeClose(step) {
      steps.push(step);
    },
    async serve(services, metrics = []) {
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
          database: await anyAnswers(stores),
          eventLog: await log.healthy(),
        }),
        metrics: createFlowMetrics({ log, stores, consumptions: () => consumptions, logger, own: metrics }),
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
          await Promise.all(stores.map((store) => store.stop()));
          await log.close();
          await Promise.all(stores.map((store) => store.close()));
          await health.stop();
        },
      };
    },
  };
}

/** A service with one of several databases away still serves the others; taken off the list it would serve none. */
async function anyAnswers(stores: readonly Store[]): Promise<boolean> {
  const answered = stores.map(async (store) => {
    if (!(await store.answers())) throw new Error(`${store.name} does not answer`);
  });
  return Promise.any(answered).then(
    () => true,
    () => false,
  );
}
