import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentParts } from "./app.ts";
import { cancel, confirm, newOrder, openPaymentBench, type PaymentBench, place } from "./testing/payment-bench.ts";

let bench: PaymentBench;
let process: PaymentParts;

beforeAll(async () => {
  bench = await openPaymentBench("payments");
  process = await bench.process("payment-1");
});

afterAll(() => bench.close());

const waiting = { timeout: 15_000, interval: 25 };

function reaches(orderId: string, expected: Record<string, unknown>) {
  return expect.poll(() => bench.payment(orderId), waiting).toMatchObject(expected);
}

async function authorizedOrder(token = "tok_approve") {
  const order = newOrder();
  await place(bench, process, [order], token);
  await reaches(order.orderId, { status: "AUTHORIZED" });
  return order;
}

async function capturedOrder(token = "tok_approve") {
  const order = await authorizedOrder(token);
  await confirm(bench, process, [order]);
  await reaches(order.orderId, { status: "CAPTURED", captured: 1_000n });
  return order;
}

describe("the common course", () => {
  it("authorises a placed order, captures a confirmed one, and says so", async () => {
    const { orderId } = await capturedOrder();
    expect(await bench.events(orderId)).toEqual(["PaymentAuthorized", "PaymentCaptured"]);
    expect(await bench.ledger(orderId)).toMatchObject([
      { kind: "AUTHORIZE", asked: 1, outcome: "APPROVED", amount: 1_000n, captured: 1_000n },
      { kind: "CAPTURE", asked: 1, outcome: "APPROVED", amount: 1_000n },
    ]);
    expect(await bench.operations(orderId)).toEqual([]);
  });

  it("takes hundreds of orders in one batch, each once", async () => {
    const orders = Array.from({ length: 300 }, () => newOrder());
    await place(bench, process, orders, "tok_approve");
    const ids = orders.map(({ orderId }) => orderId);
    const count = async (status: string) => {
      const text = "SELECT count(*)::integer AS count FROM payment WHERE order_id = ANY ($1) AND status::text = $2";
      return (await bench.database.pool.query(text, [ids, status])).rows[0].count;
    };
    await expect.poll(() => count("AUTHORIZED"), waiting).toBe(300);
    await confirm(bench, process, orders);
    await expect.poll(() => count("CAPTURED"), waiting).toBe(300);
    const { rows } = await bench.books.pool.query(
      "SELECT kind, outcome, count(*)::integer FROM ledger WHERE reference = ANY ($1) GROUP BY 1, 2 ORDER BY 1",
      [ids],
    );
    expect(rows).toEqual([
      { kind: "AUTHORIZE", outcome: "APPROVED", count: 300 },
      { kind: "CAPTURE", outcome: "APPROVED", count: 300 },
    ]);
  });

  it("pays an order once, though it is placed again under another event id", async () => {
    const order = await authorizedOrder();
    const before = await bench.payment(order.orderId);
    await place(bench, process, [order], "tok_approve");
    // What is placed later is authorised later.
    await authorizedOrder();
    expect(await bench.payment(order.orderId)).toEqual(before);
    expect(await bench.operations(order.orderId)).toEqual([]);
    expect(await bench.ledger(order.orderId)).toHaveLength(1);
  });

  it("captures nothing when the confirmation comes twice", async () => {
    const order = await capturedOrder();
    await confirm(bench, process, [order]);
    expect(await bench.operations(order.orderId)).toEqual([]);
  });
});

describe("what the provider says", () => {
  it.each([
    ["tok_decline", "declined"],
    ["tok_decline_insufficient_funds", "insufficient_funds"],
    ["tok_unheard_of", "invalid_token"],
  ])("%s is declined as %s", async (token, code) => {
    const order = newOrder();
    await place(bench, process, [order], token);
    await reaches(order.orderId, { status: "DECLINED", decline_code: code });
    expect(await bench.events(order.orderId)).toEqual(["PaymentDeclined"]);
    expect(await bench.operations(order.orderId)).toMatchObject([{ status: "DECLINED", last_error: code }]);
  });

  it("tok_fail_3 is authorised by the fourth call, with one key", async () => {
    const { orderId } = await authorizedOrder("tok_fail_3");
    expect(await bench.ledger(orderId)).toMatchObject([{ asked: 4, outcome: "APPROVED" }]);
    expect(await bench.operations(orderId)).toMatchObject([{ attempts: 4, status: "SUCCEEDED" }]);
  });

  it("tok_slow_150 takes its time", async () => {
    const { orderId } = await authorizedOrder("tok_slow_150");
    expect(await bench.ledger(orderId)).toMatchObject([{ asked: 1, outcome: "APPROVED" }]);
  });

  it("tok_slow_900, slower than we wait, is found authorised by a later call", async () => {
    const { orderId } = await authorizedOrder("tok_slow_900");
    const [entry] = await bench.ledger(orderId);
    expect(entry?.["asked"]).toBeGreaterThan(1);
  });

  it("tok_timeout_charged is authorised once although the first answer is lost", async () => {
    const { orderId } = await authorizedOrder("tok_timeout_charged");
    expect(await bench.ledger(orderId)).toMatchObject([{ asked: 2, outcome: "APPROVED" }]);
  });

  it("tok_timeout stays pending without a charge until the order is cancelled", async () => {
    const order = newOrder();
    await place(bench, process, [order], "tok_timeout");
    await expect.poll(async () => (await bench.operations(order.orderId))[0]?.["attempts"], waiting).toBeGreaterThan(1);
    await cancel(bench, process, [order]);
    await reaches(order.orderId, { status: "VOIDED" });
    expect(await bench.events(order.orderId)).toEqual(["PaymentVoided"]);
    expect(await bench.ledger(order.orderId)).toMatchObject([
      { kind: "AUTHORIZE", outcome: "DECLINED", decline_code: "voided", voided: true },
      { kind: "VOID", outcome: "APPROVED" },
    ]);
  });

  it("tok_capture_fail_2 is captured by the third call", async () => {
    const { orderId } = await capturedOrder("tok_capture_fail_2");
    expect(await bench.ledger(orderId)).toMatchObject([
      { kind: "AUTHORIZE", asked: 1, captured: 1_000n },
      { kind: "CAPTURE", asked: 3, outcome: "APPROVED" },
    ]);
  });

  it("tok_refund_fail_2 is refunded by the third call", async () => {
    const order = await capturedOrder("tok_refund_fail_2");
    await cancel(bench, process, [order]);
    await reaches(order.orderId, { status: "REFUNDED", refunded: 1_000n, refund_pending: 0n });
    expect((await bench.ledger(order.orderId)).at(-1)).toMatchObject({ kind: "REFUND", asked: 3, outcome: "APPROVED" });
  });

  it("slow and silent ones do not hold up the others", async () => {
    const patient = await bench.process("payment-patient", { timeoutMs: 10_000 });
    const silent = Array.from({ length: 200 }, () => newOrder());
    await place(bench, patient, silent, "tok_timeout");
    const order = newOrder();
    await place(bench, patient, [order], "tok_approve");
    await reaches(order.orderId, { status: "AUTHORIZED" });
    const waitingFor = await Promise.all(silent.map(({ orderId }) => bench.operations(orderId)));
    expect(waitingFor.flat().every(({ attempts, status }) => attempts === 0 && status === "PENDING")).toBe(true);
    await cancel(bench, patient, silent);
  });
});

describe("a cancelled order", () => {
  it("is voided when it was authorised", async () => {
    const order = await authorizedOrder();
    await cancel(bench, process, [order]);
    await reaches(order.orderId, { status: "VOIDED" });
    expect(await bench.events(order.orderId)).toEqual(["PaymentAuthorized", "PaymentVoided"]);
    expect(await bench.ledger(order.orderId)).toMatchObject([{ voided: true, captured: 0n }, { kind: "VOID" }]);
  });

  it("is voided when the approval comes after the cancellation", async () => {
    const order = newOrder();
    await place(bench, process, [order], "tok_slow_200");
    await cancel(bench, process, [order]);
    await reaches(order.orderId, { status: "VOIDED" });
    expect(await bench.ledger(order.orderId)).toMatchObject([{ kind: "AUTHORIZE", voided: true }, { kind: "VOID" }]);
  });

  it("is refunded when it was captured", async () => {
    const order = await capturedOrder();
    await cancel(bench, process, [order]);
    await reaches(order.orderId, { status: "REFUNDED", captured: 1_000n, refunded: 1_000n });
    expect(await bench.events(order.orderId)).toEqual(["PaymentAuthorized", "PaymentCaptured", "PaymentRefunded"]);
    expect((await bench.operations(order.orderId)).at(-1)).toMatchObject({ kind: "REFUND", origin: "saga" });
  });

  it("is refunded after its capture in flight succeeds", async () => {
    const order = await authorizedOrder("tok_capture_fail_2");
    await confirm(bench, process, [order]);
    await cancel(bench, process, [order]);
    await reaches(order.orderId, { status: "REFUNDED", refunded: 1_000n });
  });

  it("that was declined is left alone", async () => {
    const order = newOrder();
    await place(bench, process, [order], "tok_decline");
    await reaches(order.orderId, { status: "DECLINED" });
    await cancel(bench, process, [order]);
    expect(await bench.operations(order.orderId)).toHaveLength(1);
  });

  it("that was never seen placed is not paid when it is placed after all", async () => {
    const order = newOrder();
    await cancel(bench, process, [order]);
    await place(bench, process, [order], "tok_approve");
    await authorizedOrder();
    expect(await bench.payment(order.orderId)).toMatchObject({ status: "VOIDED", amount: 0n });
    expect(await bench.operations(order.orderId)).toEqual([]);
    expect(await bench.ledger(order.orderId)).toEqual([]);
  });

  it("nothing stays held for many that are cancelled at any moment", async () => {
    const orders = Array.from({ length: 120 }, () => newOrder());
    await place(bench, process, orders, "tok_slow_5");
    for (let from = 0; from < orders.length; from += 20) await cancel(bench, process, orders.slice(from, from + 20));
    const ids = orders.map(({ orderId }) => orderId);
    const { pool } = bench.database;
    const open = `SELECT count(*)::integer AS count FROM payment JOIN payment_operation AS operation ON payment_id = payment.id
                  WHERE order_id = ANY ($1) AND (payment.status <> 'VOIDED' OR operation.status = 'PENDING')`;
    await expect.poll(async () => (await pool.query(open, [ids])).rows[0].count, waiting).toBe(0);
    const held = `SELECT count(*)::integer AS count FROM ledger
                  WHERE reference = ANY ($1) AND kind = 'AUTHORIZE' AND NOT voided`;
    expect((await bench.books.pool.query(held, [ids])).rows[0].count).toBe(0);
  });
});

it("an event to confirm an order without a payment is poison", async () => {
  await expect(confirm(bench, process, [newOrder()])).rejects.toMatchObject({ name: "PoisonError" });
});

it.each([
  ["an order id that is not one", { ...newOrder(), orderId: "order-1" }, 1_000n],
  ["a negative total", newOrder(), -1n],
])("an event with %s is poison", async (_, order, amount) => {
  await expect(place(bench, process, [order], "tok_approve", amount)).rejects.toMatchObject({ name: "PoisonError" });
});
