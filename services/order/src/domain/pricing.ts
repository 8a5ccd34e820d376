// Prices a new order from the catalogue. Pure; amounts are minor units.

export interface RequestedLine {
  readonly sku: string;
  readonly quantity: number;
}

export interface Price {
  readonly currencyCode: string;
  readonly minorUnits: bigint;
}

export interface PricedLine extends RequestedLine {
  readonly unitPriceMinor: bigint;
}

export interface PricedOrder {
  readonly lines: readonly PricedLine[];
  readonly totalMinor: bigint;
}

/** A line, or the whole order, that cannot be priced: which one, what was given and what is allowed. */
export interface PricingFault {
  readonly code: "ITEM_UNKNOWN" | "CURRENCY_MISMATCH" | "DUPLICATE_SKU" | "TOTAL_TOO_LARGE";
  readonly field: string;
  readonly description: string;
}

/** The largest total of an order in minor units, the limit of common.v1.Money. */
export const maxTotalMinor = 1_000_000_000_000n;

export type Pricing =
  | { readonly ok: true; readonly order: PricedOrder }
  | { readonly ok: false; readonly faults: readonly PricingFault[] };

/** Prices `lines` in `currencyCode`; reports every faulty line together. `priceOf` gives undefined for unknown items. */
export function priceOrder(
  lines: readonly RequestedLine[],
  currencyCode: string,
  priceOf: (sku: string) => Price | undefined,
): Pricing {
  const faults: PricingFault[] = [];
  const priced: PricedLine[] = [];
  const seen = new Set<string>();
  let totalMinor = 0n;
  lines.forEach(({ sku, quantity }, index) => {
    const field = `lines[${index}].sku`;
    const price = priceOf(sku);
    if (seen.has(sku)) {
      faults.push({ code: "DUPLICATE_SKU", field, description: `${sku} is on an earlier line; each item once` });
    } else if (price === undefined) {
      faults.push({ code: "ITEM_UNKNOWN", field, description: `no item ${sku} in the catalogue` });
    } else if (price.currencyCode !== currencyCode) {
      const description = `${sku} is priced in ${price.currencyCode}, the order is in ${currencyCode}`;
      faults.push({ code: "CURRENCY_MISMATCH", field, description });
    } else {
      totalMinor += price.minorUnits * BigInt(quantity);
      priced.push({ sku, quantity, unitPriceMinor: price.minorUnits });
    }
    seen.add(sku);
  });
  if (totalMinor > maxTotalMinor) {
    const description = `the total would be ${totalMinor} minor units; at most ${maxTotalMinor} are allowed`;
    faults.push({ code: "TOTAL_TOO_LARGE", field: "lines", description });
  }
  return faults.length === 0 ? { ok: true, order: { lines: priced, totalMinor } } : { ok: false, faults };
}
