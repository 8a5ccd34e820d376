// The only wiring of the payment service.
import { join } from "node:path";
import { PaymentService } from "@ordermesh/proto/payment";
import { ordersTopic } from "@ordermesh/proto/topics";
import type { EventHandler } from "@ordermesh/runtime/consumer";
import type { Database } from "@ordermesh/runtime/database";
import { createEventEncoder } from "@ordermesh/runtime/events";
import type { Logger } from "@ordermesh/runtime/logging";
import type { Outbox } from "@ordermesh/runtime/outbox";
import { defineRpcService, type RpcService } from "@ordermesh/runtime/rpc";
import { openServiceHost, type ServedService } from "@ordermesh/runtime/service-host";
import { PrismaPg } from "@prisma/adapter-pg";
import type { PaymentConfig } from "./config.ts";
import { onOrderCancelled } from "./consumers/on-order-cancelled.ts";
import { onOrderConfirmed } from "./consumers/on-order-confirmed.ts";
import { onOrderPlaced } from "./consumers/on-order-placed.ts";
import type { PaymentProvider } from "./provider/port.ts";
import { openSimulatedProvider } from "./provider/simulated/simulated-provider.ts";
import { paymentService } from "./rpc/payment-service.ts";
import { createKnownPayments } from "./store/known-payments.ts";
import { PrismaClient } from "./store/prisma/client.ts";
import { createGuardedCalls } from "./worker/guarded-calls.ts";
import { createOperationWorker, type OperationWorker } from "./worker/operation-worker.ts";

export const migrations = join(import.meta.dirname, "../prisma/migrations");

/** How much longer than a call a lease lasts: time to wait for a slot and to store the answer. */
const leaseMarginMs = 8_000;
const pollMs = 250;
/** One for each batch of authorisations, captures, voids and refunds that may run at once. */
const providerConnections = 6;

export interface PaymentParts {
  readonly worker: OperationWorker;
  /** In the order of the lifecycle. */
  readonly handlers: readonly EventHandler[];
  readonly rpc: RpcService;
}

export interface PartsOptions {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly provider: PaymentProvider;
  readonly instance: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly logger: Logger;
  readonly leaseMs?: number;
}

/** Puts the parts of the service together, without what receives events and calls. */
export function assemblePayments(options: PartsOptions): PaymentParts {
  const { database, outbox, provider, instance, timeoutMs, concurrency, logger } = options;
  const { leaseMs = timeoutMs + leaseMarginMs } = options;
  const now = (): Date => new Date();
  const lease = () => ({ owner: instance, endMs: Date.now() + leaseMs });
  const shared = { encoder: createEventEncoder("/ordermesh/payment"), now, lease, known: createKnownPayments() };
  const calls = createGuardedCalls({ timeoutMs, logger });
  const workerOptions = { ...shared, database, outbox, logger, provider, calls, timeoutMs, concurrency, pollMs };
  const worker = createOperationWorker(workerOptions);
  const { work } = worker;
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
  return {
    worker,
    handlers: [
      onOrderPlaced({ ...shared, work }),
      onOrderConfirmed({ ...shared, work }),
      onOrderCancelled({ ...shared, work }),
    ],
    rpc: defineRpcService(PaymentService, paymentService({ prisma, refund: { ...shared, database, work } })),
  };
}

export async function startPaymentService(config: PaymentConfig, logger: Logger): Promise<ServedService> {
  const instance = config.ORDERMESH_INSTANCE;
  const host = await openServiceHost({ config, migrations, logger });
  const provider = await openSimulatedProvider({
    url: config.ORDERMESH_PROVIDER_DATABASE_URL,
    name: instance,
    poolSize: providerConnections,
    logger,
  });
  host.beforeClose(() => provider.close());
  const { worker, handlers, rpc } = assemblePayments({
    database: host.database,
    outbox: host.outbox,
    provider,
    instance,
    timeoutMs: config.ORDERMESH_PROVIDER_TIMEOUT_MS,
    concurrency: config.ORDERMESH_PROVIDER_CONCURRENCY,
    logger,
  });
  await worker.start();
  host.beforeClose(() => worker.stop(config.ORDERMESH_SHUTDOWN_TIMEOUT_MS / 4));
  await host.consume({ group: "payment", topics: [ordersTopic], handlers });
  return host.serve([rpc]);
}
