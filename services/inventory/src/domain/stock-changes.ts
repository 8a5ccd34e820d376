import type { ReservationLine } from "./reservation.ts";

/** What a batch adds to each counter of one item. */
export interface StockChange {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
  readonly deducted: number;
}

type Counters = { -readonly [K in keyof StockChange]: StockChange[K] };

/** Gathers what the orders of a batch do to the stock, so that each item changes at most once. */
export class StockChanges {
  readonly #available: ReadonlyMap<string, number>;
  readonly #changes = new Map<string, Counters>();

  /** @param available pieces that can be reserved before the batch, per sku; a sku that is missing has none */
  constructor(available: ReadonlyMap<string, number>) {
    this.#available = available;
  }

  /** The skus of the lines that cannot be held now. */
  short(lines: readonly ReservationLine[]): string[] {
    const left = (sku: string) => (this.#available.get(sku) ?? 0) + (this.#changes.get(sku)?.available ?? 0);
    return lines.filter((line) => left(line.sku) < line.quantity).map((line) => line.sku);
  }

  reserve(lines: readonly ReservationLine[]): void {
    for (const { sku, quantity } of lines) {
      const change = this.#of(sku);
      change.available -= quantity;
      change.reserved += quantity;
    }
  }

  /** Moves held or taken pieces where a transition puts them. */
  move(lines: readonly ReservationLine[], from: "reserved" | "deducted", to: "available" | "deducted"): void {
    for (const { sku, quantity } of lines) {
      const change = this.#of(sku);
      change[from] -= quantity;
      change[to] += quantity;
    }
  }

  /** The items whose counters differ after the batch. */
  all(): StockChange[] {
    return [...this.#changes.values()].filter(
      ({ available, reserved, deducted }) => available !== 0 || reserved !== 0 || deducted !== 0,
    );
  }

  #of(sku: string): Counters {
    let change = this.#changes.get(sku);
    if (change === undefined) {
      change = { sku, available: 0, reserved: 0, deducted: 0 };
      this.#changes.set(sku, change);
    }
    return change;
  }
}
