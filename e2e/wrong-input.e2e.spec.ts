import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Answer, call, newItem, operator, orderOf, place, placed, state } from "./client.ts";

const tables = {
  order: ["orders", "order_line", "order_change", "idempotency_key"],
  payment: ["payment", "payment_operation", "idempotency_key"],
  inventory: ["item", "reservation", "stock_adjustment", "idempotency_key"],
  notification: ["notification"],
};
const clients: { readonly database: keyof typeof tables; readonly client: Client }[] = [];
let sku: string;
let orderId: string;

/** Rows of every table that a request could write, on all shards. */
async function rowCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { database, client } of clients) {
    for (const table of tables[database]) {
      const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
      const name = `${database}.${table}`;
      counts[name] = (counts[name] ?? 0) + Number(rows[0]?.count);
    }
  }
  return counts;
}

async function open(database: keyof typeof tables, url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  clients.push({ database, client });
}

beforeAll(async () => {
  sku = await newItem(100);
  orderId = await placed(sku);
  const { shards, payment, inventory, notification } = state.databases;
  for (const { url } of shards) await open("order", url);
  await open("payment", payment);
  await open("inventory", inventory);
  await open("notification", notification);
  // The order's own rows must have settled before rows are counted.
  await vi.waitFor(
    async () => {
      const { payments } = (await call("GET", `/v1/orders/${orderId}/payments`)).body;
      expect(payments[0]?.status).toBe("PAYMENT_STATUS_CAPTURED");
      const { notifications } = (await call("GET", `/v1/orders/${orderId}/notifications`)).body;
      expect(notifications).toHaveLength(2);
    },
    { timeout: 10_000, interval: 100 },
  );
});

afterAll(async () => {
  await Promise.all(clients.map(({ client }) => client.end()));
});

type Case = readonly [name: string, send: () => Promise<Answer>, status: number, code: string, named?: string];

const withKey = { "idempotency-key": "wrong-input" };
const post = (body: unknown, headers: Record<string, string> = withKey) =>
  call("POST", "/v1/orders", body, { headers });
const changed = (change: Record<string, unknown>) => post({ ...orderOf(sku), ...change });
const deep = `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`;
const badUtf8 = Buffer.concat([Buffer.from('{"clientReference":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);

const cases: readonly Case[] = [
  ["malformed JSON", () => post('{"lines": ['), 400, "BODY_MALFORMED"],
  ["an empty body", () => post(""), 400, "VALIDATION_FAILED"],
  ["a body that is not an object", () => post("[1]"), 400, "VALIDATION_FAILED"],
  ["bad UTF-8", () => post(badUtf8), 400, "BODY_NOT_UTF8"],
  ["very deep JSON", () => post(deep), 400, "BODY_TOO_DEEP"],
  ["an oversized body", () => post(`{"clientReference":"${"x".repeat(2_000_000)}"}`), 413, "BODY_TOO_LARGE"],
  [
    "another content type",
    () => post("x=1", { ...withKey, "content-type": "text/plain" }),
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  ["an unknown field", () => changed({ colour: "red" }), 400, "VALIDATION_FAILED", "colour"],
  [
    "an unknown nested field",
    () => changed({ lines: [{ sku, quantity: 1, size: 4 }] }),
    400,
    "VALIDATION_FAILED",
    "lines[0].size",
  ],
  [
    "a wrong type",
    () => changed({ lines: [{ sku, quantity: "many" }] }),
    400,
    "VALIDATION_FAILED",
    "lines[0].quantity",
  ],
  ["a fraction", () => changed({ lines: [{ sku, quantity: 1.5 }] }), 400, "VALIDATION_FAILED", "lines[0].quantity"],
  ["a missing field", () => changed({ paymentMethod: undefined }), 400, "VALIDATION_FAILED", "paymentMethod"],
  ["no lines", () => changed({ lines: [] }), 400, "VALIDATION_FAILED", "lines"],
  [
    "a negative quantity",
    () => changed({ lines: [{ sku, quantity: -1 }] }),
    400,
    "VALIDATION_FAILED",
    "lines[0].quantity",
  ],
  ["a bad e-mail address", () => changed({ contact: { email: "ada" } }), 400, "VALIDATION_FAILED", "contact.email"],
  [
    "an unknown item",
    () => changed({ lines: [{ sku: "no-such-item", quantity: 1 }] }),
    400,
    "ITEM_UNKNOWN",
    "lines[0].sku",
  ],
  [
    "an item twice",
    () =>
      changed({
        lines: [
          { sku, quantity: 1 },
          { sku, quantity: 2 },
        ],
      }),
    400,
    "DUPLICATE_SKU",
    "lines[1].sku",
  ],
  ["another currency", () => changed({ currencyCode: "USD" }), 400, "CURRENCY_MISMATCH", "lines[0].sku"],
  ["a currency that is none", () => changed({ currencyCode: "euro" }), 400, "VALIDATION_FAILED", "currencyCode"],
  [
    "an idempotency key too long",
    () => post(orderOf(sku), { "idempotency-key": "k".repeat(256) }),
    400,
    "IDEMPOTENCY_KEY_INVALID",
  ],
  ["no token", () => call("GET", "/v1/orders", undefined, { token: undefined }), 401, "UNAUTHENTICATED"],
  ["a bad token", () => call("GET", "/v1/orders", undefined, { token: "not.a.token" }), 401, "UNAUTHENTICATED"],
  ["a customer who ships", () => call("POST", `/v1/orders/${orderId}:ship`, {}), 403, "PERMISSION_DENIED"],
  [
    "a customer who puts an item",
    () => call("PUT", "/v1/items/mine", { name: "Mine", unitPrice: { currencyCode: "EUR", minorUnits: "1" } }),
    403,
    "PERMISSION_DENIED",
  ],
  [
    "a customer who lists another's orders",
    () => call("GET", "/v1/orders?customerId=somebody"),
    403,
    "PERMISSION_DENIED",
  ],
  ["an order that does not exist", () => call("GET", `/v1/orders/${randomUUID()}`), 404, "ORDER_NOT_FOUND"],
  ["an order id that is none", () => call("GET", "/v1/orders/17"), 400, "VALIDATION_FAILED", "orderId"],
  ["a bad page token", () => call("GET", "/v1/orders?pageToken=bogus"), 400, "PAGE_TOKEN_INVALID", "pageToken"],
  ["a page size out of range", () => call("GET", "/v1/orders?pageSize=1000"), 400, "VALIDATION_FAILED", "pageSize"],
  ["a status that is none", () => call("GET", "/v1/orders?status=LOST"), 400, "VALIDATION_FAILED", "status"],
  [
    "a time that is none",
    () => call("GET", "/v1/orders?createdAfter=yesterday"),
    400,
    "VALIDATION_FAILED",
    "createdAfter",
  ],
  ["an unknown query parameter", () => call("GET", "/v1/orders?colour=red"), 400, "VALIDATION_FAILED", "colour"],
  ["an unknown item's page", () => call("GET", "/v1/items/no-such-item"), 404, "ITEM_NOT_FOUND"],
  [
    "stock below zero",
    () =>
      call(
        "POST",
        `/v1/items/${sku}:adjustStock`,
        { delta: "-1000", reason: "breakage" },
        { ...operator, headers: withKey },
      ),
    409,
    "INSUFFICIENT_STOCK",
  ],
  [
    "a delta of zero",
    () => call("POST", `/v1/items/${sku}:adjustStock`, { delta: "0", reason: "x" }, { ...operator, headers: withKey }),
    400,
    "VALIDATION_FAILED",
    "delta",
  ],
  ["a path that does not exist", () => call("GET", "/v1/nothing"), 404, "ROUTE_NOT_FOUND"],
  ["a method that is not allowed", () => call("DELETE", "/v1/orders"), 405, "METHOD_NOT_ALLOWED"],
];

describe("wrong input", () => {
  it.each(cases.map(([name, send, status, code, named]) => ({ name, send, status, code, named })))(
    "$name gets its problem and leaves no row",
    async ({ send, status, code, named }) => {
      const before = await rowCounts();
      const answer = await send();
      expect(answer).toMatchObject({ status, body: { status, code } });
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(answer.body.requestId).toBe(answer.headers.get("x-request-id"));
      if (named !== undefined) {
        expect(answer.body.violations.map(({ field }: { field: string }) => field)).toContain(named);
      }
      expect(await rowCounts()).toEqual(before);
    },
  );

  it("a total that overflows is refused with the numbers", async () => {
    const dear = await newItem(10, "1000000000000");
    const answer = await place(orderOf(dear, 10_000));
    expect(answer).toMatchObject({ status: 400, body: { code: "ORDER_TOTAL_TOO_LARGE" } });
    expect(answer.body.detail).toContain("10000000000000000");
  });

  it("another customer's order, payments, reservations and notifications are not found", async () => {
    const theirs = (await place(orderOf(sku), randomUUID(), state.operatorToken)).body.id;
    const known = async () => (await call("GET", `/v1/orders/${theirs}/notifications`, undefined, operator)).body;
    await expect.poll(async () => (await known()).notifications.length, { timeout: 10_000 }).toBe(2);
    for (const path of ["", "/timeline", "/payments", "/reservations", "/notifications", ":watch"]) {
      expect(await call("GET", `/v1/orders/${theirs}${path}`)).toMatchObject({
        status: 404,
        body: { code: "ORDER_NOT_FOUND" },
      });
    }
    expect(await call("POST", `/v1/orders/${theirs}:cancel`, {})).toMatchObject({ status: 404 });
  });
});
