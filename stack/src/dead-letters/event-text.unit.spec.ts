import { create, toBinary } from "@bufbuild/protobuf";
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import { expect, test } from "vitest";
import { eventText } from "./event-text.ts";

const type = OrderPlacedSchema.typeName;

test("an event is shown as JSON, without the payment token and the address", () => {
  const token = OrderPlacedSchema.fields.find((field) => /token/i.test(field.name));
  const message = create(OrderPlacedSchema, { orderId: "o-1", ...(token ? { [token.localName]: "tok_secret" } : {}) });
  const text = eventText(type, toBinary(OrderPlacedSchema, message));
  expect(JSON.parse(text)).toMatchObject({ orderId: "o-1" });
  expect(text).not.toContain("tok_secret");
});

test("what does not decode, or is of no known type, is shown as it is", () => {
  expect(eventText(type, Uint8Array.of(255, 255))).toMatch(/^does not decode .*base64 \/\/8=$/);
  expect(eventText("other.Event", Uint8Array.of(1))).toBe("base64 AQ==");
  expect(eventText(undefined, Uint8Array.of(1))).toBe("base64 AQ==");
});
