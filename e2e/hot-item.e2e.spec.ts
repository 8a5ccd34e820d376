import { describe, expect, it } from "vitest";
import { newItem, order, orderOf, place, stockOf } from "./client.ts";

describe("a hundred clients who buy the last fifty of one item", () => {
  it("gives fifty their order and fifty a cancellation, and oversells nothing", async () => {
    const sku = await newItem(50);
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => place(orderOf(sku))));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(201));
    const ids = answers.map(({ body }) => body.id);
    const counts = async (): Promise<Record<string, number>> => {
      const orders = await Promise.all(ids.map(order));
      return Object.fromEntries(
        Object.entries(Object.groupBy(orders, ({ status }) => status)).map(([status, group]) => [
          status,
          group?.length ?? 0,
        ]),
      );
    };
    await expect
      .poll(counts, { timeout: 20_000, interval: 250 })
      .toEqual({ ORDER_STATUS_CONFIRMED: 50, ORDER_STATUS_CANCELLED: 50 });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await expect.poll(() => stockOf(sku)).toMatchObject({ available: "0", reserved: "0", deducted: "50" });
    const cancelled = (await Promise.all(ids.map(order))).filter(({ status }) => status === "ORDER_STATUS_CANCELLED");
    for (const { cancellation } of cancelled) expect(cancellation.reason).toBe("CANCELLATION_REASON_STOCK_REJECTED");
  });

  it("does not hold up the orders of other items", async () => {
    const hot = await newItem(50);
    const calm = await newItem(20);
    const rush = Promise.all(Array.from({ length: 100 }, () => place(orderOf(hot))));
    const others = await Promise.all(Array.from({ length: 20 }, () => place(orderOf(calm))));
    const begun = performance.now();
    const statuses = async (): Promise<string[]> =>
      (await Promise.all(others.map(({ body }) => order(body.id)))).map(({ status }) => status);
    await expect.poll(statuses, { timeout: 20_000, interval: 100 }).toEqual(Array(20).fill("ORDER_STATUS_CONFIRMED"));
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect((await rush).map(({ status }) => status)).toEqual(Array(100).fill(201));
  });
});
