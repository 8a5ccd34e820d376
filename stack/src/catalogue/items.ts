export interface CatalogueItem {
  readonly sku: string;
  readonly name: string;
  /** Euro cents. */
  readonly priceMinorUnits: bigint;
  readonly stock: bigint;
}

export const CATALOGUE_SIZE = 1_000;
const STOCK = 1_000_000n;

const colours = ["Blue", "Green", "Red", "Black", "White", "Amber", "Slate", "Coral", "Olive", "Plum"];
const goods = ["mug", "plate", "bowl", "lamp", "chair", "table", "shelf", "kettle", "towel", "basket"];
const sizes = ["small", "medium", "large", "extra large", "mini", "tall", "wide", "round", "square", "folding"];

/** The items that a new stack starts with: always the same ones at the same prices, from 1.00 to 250.99 EUR. */
export function catalogueItems(count = CATALOGUE_SIZE): CatalogueItem[] {
  return Array.from({ length: count }, (_, index) => {
    const colour = colours[index % 10] ?? "";
    const good = goods[Math.floor(index / 10) % 10] ?? "";
    const size = sizes[Math.floor(index / 100) % 10] ?? "";
    // Two co-prime strides spread the prices without a random source.
    const euros = 1 + ((index * 37) % 250);
    const cents = (index * 61) % 100;
    return {
      sku: `sku-${String(index + 1).padStart(4, "0")}`,
      name: `${colour} ${good}, ${size}`,
      priceMinorUnits: BigInt(euros * 100 + cents),
      stock: STOCK,
    };
  });
}
