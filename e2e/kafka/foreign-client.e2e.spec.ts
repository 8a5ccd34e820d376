// What somebody else's consumer sees of the events: kafkajs alone, the CloudEvents binding for Kafka, and the protos.
import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import { parseEventLogUrl } from "@ordermesh/runtime/event-log";
import kafkajs from "kafkajs";
import { expect, it, onTestFinished } from "vitest";
import { call, newItem, orderOf, state } from "../client.ts";

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

// Batches of a backlog are compressed by zstd, which most clients can read; kafkajs wants to be taught.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: () => Promise.reject(new Error("it only reads")),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

/** A client that knows the cluster's address and a user, and nothing else of the platform. */
async function foreignClient(): Promise<kafkajs.Kafka> {
  const address = parseEventLogUrl(state.eventLogUrl);
  if (address.driver !== "kafka") throw new Error("the stack under test has its events elsewhere");
  const { brokers, sasl } = address;
  return new Kafka({
    clientId: "somebody-else",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    ...(sasl && {
      sasl: {
        mechanism: "scram-sha-512",
        username: sasl.username,
        password: (await readFile(sasl.passwordFile, "utf8")).trim(),
      },
    }),
  });
}

interface Received {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}

async function receive(topic: string, wanted: (message: Received) => boolean): Promise<Received> {
  const consumer = (await foreignClient()).consumer({ groupId: `foreign-${randomUUID()}` });
  onTestFinished(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<Received>();
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      const received = {
        key: String(message.key),
        headers: Object.fromEntries(headers),
        value: message.value ?? Buffer.alloc(0),
      };
      if (wanted(received)) resolve(received);
    },
  });
  return promise;
}

it("an event is a CloudEvent with the caller's trace and correlation id, and decodes by its proto", async () => {
  const sku = await newItem(10);
  const traceId = randomBytes(16).toString("hex");
  const requestId = `request-${randomUUID()}`;
  const answer = await call("POST", "/v1/orders", orderOf(sku, 2), {
    headers: {
      "idempotency-key": randomUUID(),
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      "x-request-id": requestId,
    },
  });
  expect(answer).toMatchObject({ status: 201 });
  const { id } = answer.body;

  const event = await receive("ordermesh.orders.v1", ({ key }) => key === id);
  expect(event.headers).toMatchObject({
    ce_specversion: "1.0",
    ce_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    ce_type: "ordermesh.order.v1.OrderPlaced",
    ce_source: "/ordermesh/order",
    ce_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    ce_subject: id,
    "content-type": "application/protobuf",
    correlationid: requestId,
  });
  expect(event.headers["traceparent"]?.split("-")[1]).toBe(traceId);
  const placed = fromBinary(OrderPlacedSchema, event.value);
  expect(placed).toMatchObject({ orderId: id, lines: [{ sku, quantity: 2 }] });
});

it("the events that follow from it carry the same correlation id", async () => {
  const sku = await newItem(10);
  const requestId = `request-${randomUUID()}`;
  const answer = await call("POST", "/v1/orders", orderOf(sku), {
    headers: { "idempotency-key": randomUUID(), "x-request-id": requestId },
  });
  const { id } = answer.body;
  for (const [topic, type] of [
    ["ordermesh.inventory.v1", "ordermesh.inventory.v1.StockReserved"],
    ["ordermesh.payments.v1", "ordermesh.payment.v1.PaymentAuthorized"],
    ["ordermesh.orders.v1", "ordermesh.order.v1.OrderConfirmed"],
  ] as const) {
    const event = await receive(topic, ({ key, headers }) => key === id && headers["ce_type"] === type);
    expect(event.headers["correlationid"], type).toBe(requestId);
  }
});
