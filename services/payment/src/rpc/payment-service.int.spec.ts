import { create } from "@bufbuild/protobuf";
import {
  GetPaymentRequestSchema,
  ListPaymentsRequestSchema,
  PaymentService,
  PaymentStatus,
  RefundPaymentRequestSchema,
} from "@ordermesh/proto/payment";
import { type Caller, createCaller } from "@ordermesh/runtime/auth";
import { createEventEncoder } from "@ordermesh/runtime/events";
import { createCallContext } from "@ordermesh/runtime/rpc";
import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentParts } from "../app.ts";
import { PrismaClient } from "../store/prisma/client.ts";
import { cancel, confirm, newOrder, openPaymentBench, type PaymentBench, place } from "../testing/payment-bench.ts";
import { paymentService } from "./payment-service.ts";

const operator = createCaller("ops", "payments.read payments.refund customers.all");
const ada = createCaller("ada", "payments.read");
const bob = createCaller("bob", "payments.read");
const { method } = PaymentService;
const waiting = { timeout: 15_000, interval: 25 };

let bench: PaymentBench;
let process: PaymentParts;
let prisma: PrismaClient;
let service: ReturnType<typeof paymentService>;

beforeAll(async () => {
  bench = await openPaymentBench("rpc");
  process = await bench.process("payment-1");
  prisma = new PrismaClient({ adapter: new PrismaPg(bench.database.pool) });
  const lease = () => ({ owner: "payment-1", endMs: Date.now() + 10_000 });
  const encoder = createEventEncoder("/ordermesh/payment");
  const refund = { database: bench.database, encoder, now: () => new Date(), lease, work: process.worker.work };
  service = paymentService({ prisma, refund });
});

afterAll(() => bench.close());

async function capturedOrder(customerId = "ada", token = "tok_approve") {
  const order = newOrder(customerId);
  await place(bench, process, [order], token);
  await expect.poll(() => bench.payment(order.orderId), waiting).toMatchObject({ status: "AUTHORIZED" });
  await confirm(bench, process, [order]);
  await expect.poll(() => bench.payment(order.orderId), waiting).toMatchObject({ status: "CAPTURED" });
  return { ...order, paymentId: String((await bench.payment(order.orderId))["id"]) };
}

async function get(paymentId: string, caller: Caller) {
  const request = create(GetPaymentRequestSchema, { paymentId });
  return (await service.getPayment(request, createCallContext(method.getPayment, { caller }))).payment;
}

async function list(orderId: string, caller: Caller) {
  const request = create(ListPaymentsRequestSchema, { orderId });
  return (await service.listPayments(request, createCallContext(method.listPayments, { caller }))).payments;
}

let keys = 0;

async function refund(
  paymentId: string,
  minorUnits?: bigint,
  { caller = operator, key = `key-${++keys}`, currencyCode = "EUR" } = {},
) {
  const amount = minorUnits === undefined ? {} : { amount: { currencyCode, minorUnits } };
  const request = create(RefundPaymentRequestSchema, { paymentId, reason: "damaged", ...amount });
  const context = createCallContext(method.refundPayment, { caller, idempotencyKey: key });
  const { payment } = await service.refundPayment(request, context);
  return { payment, replayed: context.responseHeader.get("idempotency-replayed") };
}

describe("reading payments", () => {
  it("shows a customer the payment of an order", async () => {
    const { orderId, paymentId } = await capturedOrder();
    const payment = await get(paymentId, ada);
    expect(payment).toMatchObject({
      id: paymentId,
      orderId,
      status: PaymentStatus.CAPTURED,
      amount: { currencyCode: "EUR", minorUnits: 1_000n },
      captured: { minorUnits: 1_000n },
      refunded: { minorUnits: 0n },
      declineCode: "",
    });
    expect(await list(orderId, ada)).toEqual([payment]);
  });

  it("hides it from other customers and shows it to operators", async () => {
    const { orderId, paymentId } = await capturedOrder();
    await expect(get(paymentId, bob)).rejects.toMatchObject({ code: "PAYMENT_NOT_FOUND" });
    await expect(list(orderId, bob)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
    expect(await get(paymentId, operator)).toMatchObject({ id: paymentId });
    expect(await list(orderId, operator)).toHaveLength(1);
  });

  it("is empty for the customer's own order that was not seen yet, and unknown for another's", async () => {
    const { orderId } = newOrder("ada");
    expect(await list(orderId, ada)).toEqual([]);
    await expect(list(orderId, bob)).rejects.toMatchObject({ code: "ORDER_NOT_FOUND" });
  });
});

describe("refunding", () => {
  it("gives back a part, then the rest, and says so", async () => {
    const { orderId, paymentId } = await capturedOrder();
    expect((await refund(paymentId, 300n)).payment).toMatchObject({
      status: PaymentStatus.CAPTURED,
      refunded: { minorUnits: 300n },
    });
    await expect.poll(() => bench.payment(orderId), waiting).toMatchObject({ refunded: 300n, refund_pending: 0n });
    expect((await refund(paymentId)).payment).toMatchObject({ refunded: { minorUnits: 1_000n } });
    await expect.poll(() => bench.payment(orderId), waiting).toMatchObject({ status: "REFUNDED", refunded: 1_000n });
    expect((await bench.events(orderId)).slice(2)).toEqual(["PaymentRefunded", "PaymentRefunded"]);
    const refunds = (await bench.operations(orderId)).filter(({ kind }) => kind === "REFUND");
    expect(refunds).toMatchObject([
      { amount: 300n, origin: "requested", status: "SUCCEEDED" },
      { amount: 700n, origin: "requested", status: "SUCCEEDED" },
    ]);
  });

  it("leaves to a later cancellation only the rest", async () => {
    const order = await capturedOrder();
    await refund(order.paymentId, 300n);
    await cancel(bench, process, [order]);
    await expect.poll(() => bench.payment(order.orderId), waiting).toMatchObject({ status: "REFUNDED" });
    const refunds = (await bench.operations(order.orderId)).filter(({ kind }) => kind === "REFUND");
    expect(refunds).toMatchObject([
      { amount: 300n, origin: "requested" },
      { amount: 700n, origin: "saga" },
    ]);
    expect((await bench.ledger(order.orderId))[0]).toMatchObject({ captured: 1_000n, refunded: 1_000n });
  });

  it("never exceeds what was captured, however many ask at once", async () => {
    const { orderId, paymentId } = await capturedOrder();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => refund(paymentId, 300n)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    await expect.poll(() => bench.payment(orderId), waiting).toMatchObject({ refunded: 900n, refund_pending: 0n });
    await expect(refund(paymentId, 101n)).rejects.toMatchObject({
      code: "REFUND_EXCEEDS_CAPTURED",
      metadata: { requested: "101", refundable: "100", captured: "1000", refunded: "900", refund_pending: "0" },
    });
    expect((await bench.ledger(orderId))[0]).toMatchObject({ refunded: 900n });
  });

  it("happens once per key, however often it is asked for at once", async () => {
    const { orderId, paymentId } = await capturedOrder();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refund(paymentId, 100n, { key: "same" })));
    expect(answers.filter(({ replayed }) => replayed === "true")).toHaveLength(19);
    expect(await bench.payment(orderId)).toMatchObject({ captured: 1_000n });
    await expect.poll(() => bench.payment(orderId), waiting).toMatchObject({ refunded: 100n, refund_pending: 0n });
    await expect(refund(paymentId, 200n, { key: "same" })).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("refuses a payment that was not captured", async () => {
    const order = newOrder();
    await place(bench, process, [order], "tok_decline");
    await expect.poll(() => bench.payment(order.orderId), waiting).toMatchObject({ status: "DECLINED" });
    await expect(refund(String((await bench.payment(order.orderId))["id"]), 1n)).rejects.toMatchObject({
      code: "PAYMENT_NOT_CAPTURED",
      metadata: { status: "DECLINED" },
    });
  });

  it("refuses another currency, nothing, and what is already back, naming the field", async () => {
    const { orderId, paymentId } = await capturedOrder();
    await expect(refund(paymentId, 1n, { currencyCode: "USD" })).rejects.toMatchObject({
      code: "CURRENCY_MISMATCH",
      violations: [{ field: "amount.currency_code" }],
    });
    await expect(refund(paymentId, 0n)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      violations: [{ field: "amount.minor_units" }],
    });
    await refund(paymentId);
    await expect(refund(paymentId)).rejects.toMatchObject({ code: "REFUND_EXCEEDS_CAPTURED" });
    await expect.poll(() => bench.payment(orderId), waiting).toMatchObject({ status: "REFUNDED" });
  });

  it("refuses payments that do not exist or are not the caller's", async () => {
    const { paymentId } = await capturedOrder();
    const caller = createCaller("bob", "payments.refund");
    await expect(refund(paymentId, 1n, { caller })).rejects.toMatchObject({ code: "PAYMENT_NOT_FOUND" });
    await expect(refund(newOrder().orderId, 1n)).rejects.toMatchObject({ code: "PAYMENT_NOT_FOUND" });
  });
});

it("the Prisma schema fits the migration", async () => {
  const { paymentId, orderId } = await capturedOrder();
  await refund(paymentId);
  await expect.poll(() => bench.payment(orderId), waiting).toMatchObject({ status: "REFUNDED" });
  expect(await prisma.payment.findMany({ where: { id: paymentId } })).toMatchObject([
    { captured: 1_000n, refundPending: 0n, captureRequested: false, correlationId: "correlation-1" },
  ]);
  expect(await prisma.paymentOperation.findMany({ where: { paymentId } })).toMatchObject([
    { kind: "REFUND", origin: "requested", status: "SUCCEEDED", attempts: 1, lockedBy: null },
  ]);
});
