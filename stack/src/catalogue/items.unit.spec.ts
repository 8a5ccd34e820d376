import { expect, test } from "vitest";
import { catalogueItems } from "./items.ts";

test("the catalogue is the same every time: 1,000 items of distinct skus and names, priced from 1 to 251 EUR", () => {
  const items = catalogueItems();
  expect(items).toEqual(catalogueItems());
  expect(items).toHaveLength(1_000);
  expect(items[0]).toMatchObject({ sku: "sku-0001", stock: 1_000_000n });
  expect(items.at(-1)?.sku).toBe("sku-1000");
  expect(new Set(items.map((item) => item.name)).size).toBe(1_000);
  expect(items.every((item) => item.priceMinorUnits >= 100n && item.priceMinorUnits < 25_100n)).toBe(true);
  expect(new Set(items.map((item) => item.priceMinorUnits)).size).toBeGreaterThan(400);
});
