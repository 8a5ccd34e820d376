// A client of the REST API as a customer would write it, for the end-to-end suite.
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { stackState } from "./processes.ts";
import { type Answer, type Json, rest } from "./rest.ts";

export type { Answer, Json };

export const state = await stackState();

export interface CallOptions {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
}

/** One call; `body` is sent as JSON, or as it is when it is a string or bytes. */
export async function call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
  const token = "token" in options ? options.token : state.customerToken;
  return rest(state.gatewayUrl, method, path, { token, body, headers: options.headers });
}

export const operator = { token: state.operatorToken };

/** Creates an item of its own for a test and gives it stock. */
export async function newItem(stock: number, minorUnits = "1250", currencyCode = "EUR"): Promise<string> {
  const sku = `test-${randomUUID()}`;
  const item = { name: `Item ${sku}`, unitPrice: { currencyCode, minorUnits } };
  expect(await call("PUT", `/v1/items/${sku}`, item, operator)).toMatchObject({ status: 200 });
  if (stock > 0) await adjustStock(sku, stock);
  return sku;
}

export async function adjustStock(sku: string, delta: number): Promise<Answer> {
  const answer = await call(
    "POST",
    `/v1/items/${sku}:adjustStock`,
    { delta: String(delta), reason: "arrival" },
    { ...operator, headers: { "idempotency-key": randomUUID() } },
  );
  expect(answer).toMatchObject({ status: 200 });
  return answer;
}

export const stockOf = async (sku: string): Promise<Json> => (await call("GET", `/v1/items/${sku}`)).body;

export function orderOf(sku: string, quantity = 1, token = "tok_approve"): Record<string, unknown> {
  return {
    clientReference: "cart-17",
    currencyCode: "EUR",
    lines: [{ sku, quantity }],
    paymentMethod: { token },
    contact: { email: "ada@example.com" },
  };
}

export const place = (body: unknown, key: string = randomUUID(), token = state.customerToken): Promise<Answer> =>
  call("POST", "/v1/orders", body, { token, headers: { "idempotency-key": key } });

/** Places an order that must be accepted and returns its id. */
export async function placed(sku: string, quantity = 1, token = "tok_approve"): Promise<string> {
  const answer = await place(orderOf(sku, quantity, token));
  expect(answer).toMatchObject({ status: 201, body: { status: "ORDER_STATUS_PENDING" } });
  return answer.body.id;
}

export const order = async (id: string): Promise<Json> => (await call("GET", `/v1/orders/${id}`)).body;

export const cancel = (id: string): Promise<Answer> =>
  call("POST", `/v1/orders/${id}:cancel`, { reason: "changed my mind" });

/** Waits until the order has `status` and returns it; a final status that is another one fails at once. */
export async function reaches(id: string, status: string, timeout = 15_000): Promise<Json> {
  await expect.poll(async () => (await order(id)).status, { timeout, interval: 50 }).toBe(`ORDER_STATUS_${status}`);
  return order(id);
}

/** Waits until the only payment of the order has `status` and returns it. */
export async function paymentReaches(id: string, status: string, timeout = 15_000): Promise<Json> {
  const payments = async (): Promise<Json> => (await call("GET", `/v1/orders/${id}/payments`)).body.payments;
  await expect
    .poll(async () => (await payments()).map((payment: Json) => payment.status), { timeout, interval: 50 })
    .toEqual([`PAYMENT_STATUS_${status}`]);
  return (await payments())[0];
}

export async function reservationReaches(id: string, status: string, timeout = 15_000): Promise<void> {
  await expect
    .poll(
      async () => {
        const { body } = await call("GET", `/v1/orders/${id}/reservations`);
        return body.reservations.map((reservation: Json) => reservation.status);
      },
      { timeout, interval: 50 },
    )
    .toEqual([`RESERVATION_STATUS_${status}`]);
}
