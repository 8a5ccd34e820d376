// What the specs of this service stand on: its two databases, any number of its processes, and order events applied the
// way a consumer does.
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { OrderCancelledSchema, OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import type { EventHandler } from "@ordermesh/runtime/consumer";
import { type Database, keyedPlans, migrate, openDatabase } from "@ordermesh/runtime/database";
import { decodeRecords } from "@ordermesh/runtime/event-log";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { createLogger, type Logger } from "@ordermesh/runtime/logging";
import { createOutbox } from "@ordermesh/runtime/outbox";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import { assemblePayments, migrations, type PartsOptions, type PaymentParts } from "../app.ts";
import type { PaymentProvider } from "../provider/port.ts";
import { openSimulatedProvider, type SimulatedProvider } from "../provider/simulated/simulated-provider.ts";

export interface PaymentBench {
  readonly database: Database;
  readonly provider: SimulatedProvider;
  /** The provider's database. */
  readonly books: Database;
  readonly logger: Logger;
  /** A process of the service. */
  process(instance: string, options?: Partial<PartsOptions>): Promise<PaymentParts>;
  /** A process that dies: it records what it is told and begins its calls, and never looks for more. */
  dyingProcess(instance: string, options?: Partial<PartsOptions>): PaymentParts;
  stopProcesses(): Promise<void>;
  payment(orderId: string): Promise<Record<string, unknown>>;
  operations(orderId: string): Promise<Record<string, unknown>[]>;
  ledger(orderId: string): Promise<Record<string, unknown>[]>;
  /** Types of the events about an order, in order, without their package. */
  events(orderId: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openPaymentBench(label: string): Promise<PaymentBench> {
  const logger = createLogger({ name: "payment", instance: "test", level: "silent" });
  const [own, providers] = await Promise.all([createTestDatabase(label), createTestDatabase(`${label}_provider`)]);
  await migrate({ url: own.url, directory: migrations, logger });
  const database = openDatabase({ url: own.url, name: "payment", logger, settings: keyedPlans });
  const provider = await openSimulatedProvider({ url: providers.url, name: "payment", poolSize: 4, logger });
  const books = openDatabase({ url: providers.url, name: "books", poolSize: 1, logger });
  let started: PaymentParts[] = [];
  const assemble = (instance: string, options: Partial<PartsOptions>): PaymentParts => {
    const outbox = createOutbox({ database, log: { append: async () => undefined }, logger });
    const defaults = { database, outbox, provider, instance, timeoutMs: 400, concurrency: 500, logger };
    return assemblePayments({ ...defaults, ...options });
  };
  const stopProcesses = async () => {
    await Promise.all(started.map(({ worker }) => worker.stop(0)));
    started = [];
  };
  const rowsOf = async (from: Database, text: string, id: string) => (await from.pool.query(text, [id])).rows;

  return {
    database,
    provider,
    books,
    logger,
    async process(instance, options = {}) {
      const parts = assemble(instance, options);
      await parts.worker.start();
      started.push(parts);
      return parts;
    },
    dyingProcess: (instance, options = {}) => assemble(instance, options),
    stopProcesses,
    async payment(orderId) {
      return (await rowsOf(database, "SELECT * FROM payment WHERE order_id = $1", orderId))[0];
    },
    operations: (orderId) =>
      rowsOf(
        database,
        `SELECT operation.* FROM payment_operation AS operation JOIN payment ON payment.id = payment_id
         WHERE order_id = $1 ORDER BY operation.create_time, operation.id`,
        orderId,
      ),
    ledger: (orderId) =>
      rowsOf(books, "SELECT * FROM ledger WHERE reference = $1 ORDER BY first_ask_time, kind", orderId),
    async events(orderId) {
      const { rows } = await database.pool.query<{ records: string }>("SELECT records FROM outbox ORDER BY id");
      return rows
        .flatMap(({ records }) => decodeRecords(records))
        .filter((record) => record.key === orderId)
        .map(({ headers }) => (headers["ce_type"] ?? "").split(".").at(-1) ?? "");
    },
    async close() {
      await stopProcesses();
      await Promise.all([provider.close(), books.close(), database.close()]);
      await Promise.all([own.drop(), providers.drop()]);
    },
  };
}

export interface TestOrder {
  readonly orderId: string;
  readonly customerId: string;
}

export function newOrder(customerId = "ada"): TestOrder {
  return { orderId: newBucketedId(customerId, Date.now()), customerId };
}

/** Applies events in one transaction, with what follows its commit. */
async function apply<D extends DescMessage>(
  database: Database,
  handlers: readonly EventHandler[],
  schema: D,
  messages: readonly MessageInitShape<D>[],
): Promise<void> {
  const handler = handlers.find(({ messages }) => messages.includes(schema));
  if (handler === undefined) throw new Error(`nobody handles ${schema.typeName}`);
  const hooks: (() => void | Promise<void>)[] = [];
  const events = messages.map((init) => {
    const message = create(schema, init);
    const record = { topic: "", key: "", headers: {}, value: new Uint8Array(), partition: 0, offset: 0n };
    const id = newEventId();
    const tracing = { correlationId: "correlation-1", traceparent: undefined };
    const place = { type: schema.typeName, key: "", record: { ...record, appendTime: new Date() } };
    return { id, ...place, ...tracing, time: new Date(), message };
  });
  await database.transaction((tx) =>
    handler.apply(events, tx, {
      emit: () => undefined,
      afterCommit: (hook) => void hooks.push(hook),
      signal: new AbortController().signal,
    }),
  );
  for (const hook of hooks) await hook();
}

export function place(
  bench: PaymentBench,
  { handlers }: PaymentParts,
  orders: readonly TestOrder[],
  paymentToken: string,
  minorUnits = 1_000n,
): Promise<void> {
  const total = { currencyCode: "EUR", minorUnits };
  const messages = orders.map((order) => ({ ...order, total, paymentToken }));
  return apply(bench.database, handlers, OrderPlacedSchema, messages);
}

export function confirm(bench: PaymentBench, { handlers }: PaymentParts, orders: readonly TestOrder[]): Promise<void> {
  return apply(bench.database, handlers, OrderConfirmedSchema, orders);
}

export function cancel(bench: PaymentBench, { handlers }: PaymentParts, orders: readonly TestOrder[]): Promise<void> {
  return apply(bench.database, handlers, OrderCancelledSchema, orders);
}

/** A provider whose calls can be watched or held up. */
export function spyingOn(
  provider: PaymentProvider,
  before: (kind: keyof PaymentProvider, key: string) => Promise<void> | void,
): PaymentProvider {
  return {
    authorize: async (request, signal) => {
      await before("authorize", request.idempotencyKey);
      return provider.authorize(request, signal);
    },
    capture: async (request, signal) => {
      await before("capture", request.idempotencyKey);
      return provider.capture(request, signal);
    },
    void: async (request, signal) => {
      await before("void", request.idempotencyKey);
      return provider.void(request, signal);
    },
    refund: async (request, signal) => {
      await before("refund", request.idempotencyKey);
      return provider.refund(request, signal);
    },
  };
}
