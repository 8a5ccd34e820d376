import { afterEach, describe, expect, it } from "vitest";
import {
  call,
  cancel,
  newItem,
  operator,
  order,
  paymentReaches,
  placed,
  reaches,
  reservationReaches,
  stockOf,
} from "./client.ts";
import { signal } from "./processes.ts";

const paused = new Set<string>();
const pause = async (service: string): Promise<void> => {
  paused.add(service);
  await signal(service, "SIGSTOP");
};
const resume = async (service: string): Promise<void> => {
  await signal(service, "SIGCONT");
  paused.delete(service);
};

afterEach(async () => {
  for (const service of paused) await resume(service);
});

describe("an order that goes well", () => {
  it("is confirmed, deducted, captured, shipped and delivered, and its timeline tells it", async () => {
    const sku = await newItem(10);
    const id = await placed(sku, 2);
    const confirmed = await reaches(id, "CONFIRMED");
    expect(confirmed.total).toEqual({ currencyCode: "EUR", minorUnits: "2500" });
    expect(confirmed.cancellation).toBeUndefined();
    const payment = await paymentReaches(id, "CAPTURED");
    expect(payment.captured).toEqual({ currencyCode: "EUR", minorUnits: "2500" });
    await reservationReaches(id, "DEDUCTED");
    expect(await stockOf(sku)).toMatchObject({ available: "8", reserved: "0", deducted: "2" });

    const shipment = { carrier: "DHL", trackingNumber: "T-1" };
    expect(await call("POST", `/v1/orders/${id}:ship`, shipment, operator)).toMatchObject({
      status: 200,
      body: { status: "ORDER_STATUS_SHIPPED", shipment },
    });
    expect(await call("POST", `/v1/orders/${id}:deliver`, {}, operator)).toMatchObject({
      status: 200,
      body: { status: "ORDER_STATUS_DELIVERED" },
    });
    const { body } = await call("GET", `/v1/orders/${id}/timeline`);
    expect(body.entries.map((entry: { status: string }) => entry.status)).toEqual([
      "ORDER_STATUS_PENDING",
      "ORDER_STATUS_CONFIRMED",
      "ORDER_STATUS_SHIPPED",
      "ORDER_STATUS_DELIVERED",
    ]);
    for (const entry of body.entries) {
      expect(entry.eventId).toMatch(/^[0-9a-f-]{36}$/);
      expect(entry.cause).not.toBe("");
    }
  });

  it("tells the customer at each step", async () => {
    const id = await placed(await newItem(10));
    await reaches(id, "CONFIRMED");
    await expect
      .poll(
        async () => {
          const { body } = await call("GET", `/v1/orders/${id}/notifications`);
          return body.notifications.map((each: { kind: string; recipient: string }) => each.kind);
        },
        { timeout: 10_000 },
      )
      .toEqual(["NOTIFICATION_KIND_ORDER_PLACED", "NOTIFICATION_KIND_ORDER_CONFIRMED"]);
    const { body } = await call("GET", `/v1/orders/${id}/notifications`);
    expect(JSON.stringify(body)).not.toContain("ada@example.com");
  });
});

describe("an order that cannot be fulfilled", () => {
  it("is cancelled when stock is short, and the payment is given up", async () => {
    const sku = await newItem(1);
    const id = await placed(sku, 2);
    const cancelled = await reaches(id, "CANCELLED");
    expect(cancelled.cancellation.reason).toBe("CANCELLATION_REASON_STOCK_REJECTED");
    await paymentReaches(id, "VOIDED");
    expect(await stockOf(sku)).toMatchObject({ available: "1", reserved: "0", deducted: "0" });
  });

  it.each([
    ["tok_decline", /./],
    ["tok_decline_insufficient_funds", /insufficient_funds/],
  ])("is cancelled when the payment is declined (%s)", async (token, code) => {
    const sku = await newItem(5);
    const id = await placed(sku, 1, token);
    const cancelled = await reaches(id, "CANCELLED");
    expect(cancelled.cancellation.reason).toBe("CANCELLATION_REASON_PAYMENT_DECLINED");
    expect((await paymentReaches(id, "DECLINED")).declineCode).toMatch(code);
    await expect.poll(() => stockOf(sku)).toMatchObject({ available: "5", reserved: "0", deducted: "0" });
  });

  it("gives the reserved stock back when the decline arrives after the reservation", async () => {
    const sku = await newItem(5);
    await pause("payment");
    const id = await placed(sku, 3, "tok_decline");
    await expect.poll(() => stockOf(sku), { timeout: 10_000 }).toMatchObject({ available: "2", reserved: "3" });
    await resume("payment");
    await reaches(id, "CANCELLED");
    await reservationReaches(id, "RELEASED");
    expect(await stockOf(sku)).toMatchObject({ available: "5", reserved: "0", deducted: "0" });
  });
});

describe("an order that the customer cancels", () => {
  it("voids an authorisation that arrives after the cancellation", async () => {
    const sku = await newItem(5);
    const id = await placed(sku, 1, "tok_slow_700");
    expect(await cancel(id)).toMatchObject({
      status: 200,
      body: { status: "ORDER_STATUS_CANCELLED", cancellation: { reason: "CANCELLATION_REASON_REQUESTED" } },
    });
    await paymentReaches(id, "VOIDED");
    await expect.poll(() => stockOf(sku)).toMatchObject({ available: "5", reserved: "0", deducted: "0" });
    expect((await order(id)).status).toBe("ORDER_STATUS_CANCELLED");
  });

  it("refunds and restocks after the confirmation", async () => {
    const sku = await newItem(5);
    const id = await placed(sku, 2);
    await reaches(id, "CONFIRMED");
    await paymentReaches(id, "CAPTURED");
    expect((await cancel(id)).status).toBe(200);
    const payment = await paymentReaches(id, "REFUNDED");
    expect(payment.refunded).toEqual(payment.captured);
    await reservationReaches(id, "RESTOCKED");
    expect(await stockOf(sku)).toMatchObject({ available: "5", reserved: "0", deducted: "0" });
    expect((await cancel(id)).status).toBe(200);
  });

  it("refunds also when the capture is still under way", async () => {
    const id = await placed(await newItem(5), 1, "tok_capture_fail_2");
    await reaches(id, "CONFIRMED");
    expect((await cancel(id)).status).toBe(200);
    await expect
      .poll(
        async () => {
          const { body } = await call("GET", `/v1/orders/${id}/payments`);
          const [payment] = body.payments;
          return ["PAYMENT_STATUS_REFUNDED", "PAYMENT_STATUS_VOIDED"].includes(payment.status);
        },
        { timeout: 15_000 },
      )
      .toBe(true);
  });

  it("is refused once the order is shipped", async () => {
    const id = await placed(await newItem(5));
    await reaches(id, "CONFIRMED");
    await call("POST", `/v1/orders/${id}:ship`, {}, operator);
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: "ORDER_TRANSITION_NOT_ALLOWED" } });
  });
});

describe("a provider that misbehaves", () => {
  it("fails three times and then approves: the order is confirmed", async () => {
    const id = await placed(await newItem(5), 1, "tok_fail_3");
    await reaches(id, "CONFIRMED");
    await paymentReaches(id, "CAPTURED");
  });

  it("times out after having charged: the order is confirmed and charged once", async () => {
    const id = await placed(await newItem(5), 1, "tok_timeout_charged");
    await reaches(id, "CONFIRMED");
    const payment = await paymentReaches(id, "CAPTURED");
    expect(payment.captured).toEqual({ currencyCode: "EUR", minorUnits: "1250" });
  });

  it("never answers: the saga deadline cancels the order and nothing stays held", async () => {
    const sku = await newItem(5);
    const id = await placed(sku, 1, "tok_timeout");
    const cancelled = await reaches(id, "CANCELLED", 20_000);
    expect(cancelled.cancellation.reason).toBe("CANCELLATION_REASON_DEADLINE_EXCEEDED");
    await paymentReaches(id, "VOIDED", 20_000);
    await expect.poll(() => stockOf(sku)).toMatchObject({ available: "5", reserved: "0", deducted: "0" });
  });

  it("fails to capture and then works", async () => {
    const id = await placed(await newItem(5), 1, "tok_capture_fail_2");
    await reaches(id, "CONFIRMED");
    await paymentReaches(id, "CAPTURED");
  });

  it("fails to refund and then works", async () => {
    const id = await placed(await newItem(5), 1, "tok_refund_fail_2");
    await reaches(id, "CONFIRMED");
    await paymentReaches(id, "CAPTURED");
    await cancel(id);
    await paymentReaches(id, "REFUNDED");
  });
});

describe("a refund by an operator", () => {
  it("gives back a part, then the rest, and never more", async () => {
    const id = await placed(await newItem(5), 2);
    await reaches(id, "CONFIRMED");
    const { id: paymentId } = await paymentReaches(id, "CAPTURED");
    const refund = (minorUnits: string, key: string) =>
      call(
        "POST",
        `/v1/payments/${paymentId}:refund`,
        { amount: { currencyCode: "EUR", minorUnits }, reason: "scratched" },
        { ...operator, headers: { "idempotency-key": `${id}-${key}` } },
      );
    expect(await refund("1000", "a")).toMatchObject({ status: 200 });
    expect((await refund("1000", "a")).headers.get("idempotency-replayed")).toBe("true");
    expect(await refund("1501", "b")).toMatchObject({ status: 409, body: { code: "REFUND_EXCEEDS_CAPTURED" } });
    expect(await refund("1500", "c")).toMatchObject({ status: 200 });
    const payment = await paymentReaches(id, "REFUNDED");
    expect(payment.refunded).toEqual({ currencyCode: "EUR", minorUnits: "2500" });
  });
});
