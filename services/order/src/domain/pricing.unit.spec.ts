import { describe, expect, it } from "vitest";
import { maxTotalMinor, type Price, priceOrder } from "./pricing.ts";

const catalogue = new Map<string, Price>([
  ["mug", { currencyCode: "EUR", minorUnits: 1250n }],
  ["cap", { currencyCode: "EUR", minorUnits: 999n }],
  ["pin", { currencyCode: "USD", minorUnits: 100n }],
  ["ship", { currencyCode: "EUR", minorUnits: maxTotalMinor }],
]);
const price = (lines: { sku: string; quantity: number }[]) => priceOrder(lines, "EUR", (sku) => catalogue.get(sku));
const codes = (lines: { sku: string; quantity: number }[]) => {
  const pricing = price(lines);
  return pricing.ok ? [] : pricing.faults.map(({ code, field }) => [code, field]);
};

describe("pricing an order", () => {
  it("takes the catalogue's prices and sums them", () => {
    const pricing = price([
      { sku: "mug", quantity: 2 },
      { sku: "cap", quantity: 3 },
    ]);
    expect(pricing).toEqual({
      ok: true,
      order: {
        lines: [
          { sku: "mug", quantity: 2, unitPriceMinor: 1250n },
          { sku: "cap", quantity: 3, unitPriceMinor: 999n },
        ],
        totalMinor: 5497n,
      },
    });
  });

  it("reports every faulty line together, by its place", () => {
    expect(
      codes([
        { sku: "mug", quantity: 1 },
        { sku: "nothing", quantity: 1 },
        { sku: "pin", quantity: 1 },
        { sku: "mug", quantity: 4 },
      ]),
    ).toEqual([
      ["ITEM_UNKNOWN", "lines[1].sku"],
      ["CURRENCY_MISMATCH", "lines[2].sku"],
      ["DUPLICATE_SKU", "lines[3].sku"],
    ]);
  });

  it("allows a total at the limit and refuses one above it", () => {
    expect(codes([{ sku: "ship", quantity: 1 }])).toEqual([]);
    expect(
      codes([
        { sku: "ship", quantity: 1 },
        { sku: "cap", quantity: 1 },
      ]),
    ).toEqual([["TOTAL_TOO_LARGE", "lines"]]);
  });
});
