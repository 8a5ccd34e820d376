import { create } from "@bufbuild/protobuf";
import { LookupOrderRequestSchema, PlaceOrderRequestSchema } from "@ordermesh/proto/order";
import { expect, test } from "vitest";
import { validateMessage } from "./request-validation.ts";

const check = (request: { clientReference?: string; paymentId?: string; trackingNumber?: string }) => () =>
  validateMessage(LookupOrderRequestSchema, create(LookupOrderRequestSchema, request));

test("a request that lacks all of several fields names each of them", () => {
  const description = "one of client_reference, payment_id, tracking_number must be set";
  const violation = (field: string) =>
    expect.objectContaining({ field, description: expect.stringContaining(description) });
  expect(check({})).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`client_reference: ${description}`),
      violations: ["client_reference", "payment_id", "tracking_number"].map(violation),
    }),
  );
});

test("a request that gives too many of several fields names those, and what was given", () => {
  const description = "only one of client_reference, payment_id, tracking_number can be set";
  expect(check({ clientReference: "cart-1", trackingNumber: "T1" })).toThrow(
    expect.objectContaining({
      violations: [
        { field: "client_reference", description: `${description} (given "cart-1")`, reason: "message.oneof" },
        { field: "tracking_number", description: `${description} (given "T1")`, reason: "message.oneof" },
      ],
    }),
  );
});

test("a request with one of several fields passes", () => {
  expect(check({ clientReference: "cart-1" })).not.toThrow();
});

test("text with NUL, which no database holds, is named wherever it is", () => {
  const lines = [
    { sku: "mug", quantity: 1 },
    { sku: "c\0p", quantity: 1 },
  ];
  const request = create(PlaceOrderRequestSchema, { lines, clientReference: "cart\0" });
  expect(() => validateMessage(PlaceOrderRequestSchema, request)).toThrow(
    expect.objectContaining({
      violations: ["client_reference", "lines[1].sku"].map((field) => ({
        field,
        description: "holds U+0000; allowed: text without it",
        reason: "NUL_CHARACTER",
      })),
    }),
  );
});
