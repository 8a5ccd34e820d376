import { create } from "@bufbuild/protobuf";
import { LookupOrderRequestSchema } from "@ordermesh/proto/order";
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
