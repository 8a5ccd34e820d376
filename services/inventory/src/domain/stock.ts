/** The three counters of an item. Their sum changes by adjustments only. */
export interface StockLevel {
  readonly available: number;
  readonly reserved: number;
  readonly deducted: number;
}

/** Pieces that an item may have in all: the counters stay exact as JavaScript numbers. */
export const MAXIMUM_PIECES = 9_000_000_000_000_000;

export type Adjustment =
  | { readonly type: "adjusted"; readonly level: StockLevel }
  | { readonly type: "insufficient"; readonly available: number; readonly requested: number }
  | { readonly type: "tooMany"; readonly total: number; readonly allowed: number };

/** Adds pieces to the available stock or takes them away; what is reserved or deducted is never touched. */
export function adjustStock(level: StockLevel, delta: number): Adjustment {
  if (level.available + delta < 0) return { type: "insufficient", available: level.available, requested: -delta };
  const total = level.available + level.reserved + level.deducted;
  if (total + delta > MAXIMUM_PIECES) return { type: "tooMany", total, allowed: MAXIMUM_PIECES };
  return { type: "adjusted", level: { ...level, available: level.available + delta } };
}
