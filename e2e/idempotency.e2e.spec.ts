import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { call, type Json, newItem, orderOf, place, state } from "./client.ts";
import { signal } from "./processes.ts";

const repeatUntilAnswered = async (body: unknown, key: string) => {
  await expect.poll(async () => (await place(body, key)).status, { timeout: 20_000, interval: 200 }).toBe(201);
  return place(body, key);
};

describe("the idempotency key of PlaceOrder", () => {
  it("answers the second call as the first, marked as replayed", async () => {
    const body = orderOf(await newItem(10));
    const key = randomUUID();
    const first = await place(body, key);
    const second = await place(body, key);
    expect(first.status).toBe(201);
    expect(first.headers.get("location")).toBe(`/v1/orders/${first.body.id}`);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
  });

  it("gives the first answer also after the order has moved on", async () => {
    const body = orderOf(await newItem(10));
    const key = randomUUID();
    const first = await place(body, key);
    const status = async (): Promise<string> => (await call("GET", `/v1/orders/${first.body.id}`)).body.status;
    await expect.poll(status, { timeout: 10_000 }).toBe("ORDER_STATUS_CONFIRMED");
    expect((await place(body, key)).body).toEqual(first.body);
  });

  it("gives one order for fifty calls at once", async () => {
    const body = orderOf(await newItem(100));
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => place(body, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const fresh = answers.filter((answer) => answer.headers.get("idempotency-replayed") === null);
    expect(fresh).toHaveLength(1);
  });

  it("stands across a crash of the order service", async () => {
    const body = orderOf(await newItem(10));
    const key = randomUUID();
    const first = await place(body, key);
    await signal("order", "SIGKILL");
    const again = await repeatUntilAnswered(body, key);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it("refuses another body under the same key", async () => {
    const sku = await newItem(10);
    const key = randomUUID();
    expect((await place(orderOf(sku, 1), key)).status).toBe(201);
    expect(await place(orderOf(sku, 2), key)).toMatchObject({
      status: 422,
      body: { code: "IDEMPOTENCY_KEY_REUSED" },
    });
  });

  it("is independent of another caller's same key", async () => {
    const body = orderOf(await newItem(10));
    const key = randomUUID();
    const mine = await place(body, key);
    const theirs = await place(body, key, state.operatorToken);
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it("is required, and named when it is missing", async () => {
    const answer = await call("POST", "/v1/orders", orderOf(await newItem(10)));
    expect(answer).toMatchObject({ status: 400, body: { code: "IDEMPOTENCY_KEY_REQUIRED" } });
  });

  it("is not used up by a refused request", async () => {
    const sku = await newItem(10);
    const key = randomUUID();
    const refused = await place(orderOf("no-such-item"), key);
    expect(refused).toMatchObject({ status: 400, body: { code: "ITEM_UNKNOWN" } });
    const accepted: Json = await place(orderOf(sku), key);
    expect(accepted.status).toBe(201);
  });
});
