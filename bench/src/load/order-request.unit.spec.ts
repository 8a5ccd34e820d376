import { expect, test } from "vitest";
import { createBodyMaker, seededSkus } from "./order-request.ts";

test("a body is a PlaceOrder request for different items of the catalogue", () => {
  const make = createBodyMaker({ runId: "run-1", lines: 2, skus: seededSkus });
  for (let round = 0; round < 1000; round += 1) {
    const body = JSON.parse(make());
    expect(body).toMatchObject({
      clientReference: "run-1",
      currencyCode: "EUR",
      paymentMethod: { token: "tok_approve" },
      contact: { email: "ada@example.com" },
    });
    const skus = body.lines.map((line: { sku: string }) => line.sku);
    expect(new Set(skus).size).toBe(2);
    expect(seededSkus).toEqual(expect.arrayContaining(skus));
  }
});

test.each([1, 2, 7, 100])("%i lines are all different", (lines) => {
  const make = createBodyMaker({ runId: "run-1", lines, skus: seededSkus });
  const skus = JSON.parse(make()).lines.map((line: { sku: string }) => line.sku);
  expect(new Set(skus).size).toBe(lines);
});

test("more lines than items are refused", () => {
  expect(() => createBodyMaker({ runId: "run-1", lines: 3, skus: ["a", "b"] })).toThrow(
    "lines: 3 given, allowed is 1 to 2",
  );
});
