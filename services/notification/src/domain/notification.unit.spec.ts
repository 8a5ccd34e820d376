import { describe, expect, it } from "vitest";
import { countByKind, maskRecipient, subjectOf } from "./notification.ts";

describe("masking an address", () => {
  it.each([
    ["ada@example.com", "a***@example.com"],
    ["a@example.com", "***@example.com"],
    ['"odd@name"@example.com', '"***@example.com'],
    ["élodie@example.com", "é***@example.com"],
    ["no address", "***"],
    ["", "***"],
  ])("turns %j into %j", (address, masked) => {
    expect(maskRecipient(address)).toBe(masked);
  });
});

describe("a message", () => {
  it("says in its subject what happened to which order", () => {
    expect(subjectOf("ORDER_SHIPPED", "order-1")).toBe("Your order is on its way (order-1)");
  });

  it("is counted by its kind", () => {
    const kinds = ["ORDER_PLACED", "ORDER_CONFIRMED", "ORDER_PLACED"] as const;
    expect(countByKind(kinds.map((kind) => ({ kind })))).toEqual({ ORDER_PLACED: 2, ORDER_CONFIRMED: 1 });
  });
});
