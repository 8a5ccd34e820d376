// Prices come from inventory and are kept for a while, so that an order costs no call of its own.
import { setTimeout as delay } from "node:timers/promises";
import { DomainError } from "@ordermesh/runtime/errors";
import type { Price } from "../domain/pricing.ts";
import { orderErrors } from "../errors.ts";

/** Looks up items by sku; items that do not exist are absent from the result. */
export type FetchPrices = (skus: readonly string[]) => Promise<ReadonlyMap<string, Price>>;

export interface PriceCacheOptions {
  readonly fetchPrices: FetchPrices;
  /** Up to this age, in milliseconds, a price serves without asking again. */
  readonly freshMs: number;
  /** Up to this age, in milliseconds, a price serves while inventory cannot be asked. */
  readonly maxAgeMs: number;
  /** Whoever could do with prices of that age waits so long for new ones, in milliseconds. */
  readonly patienceMs: number;
  readonly now: () => number;
}

interface Entry {
  readonly price: Price;
  readonly fetchedAt: number;
  usedAt: number;
  /** It may have changed since: it serves only while inventory cannot be asked. */
  stale: boolean;
}

export interface PriceCache {
  /** Prices of `skus`; unknown items are absent. Throws PRICES_UNAVAILABLE when one can neither be had nor served. */
  prices(skus: readonly string[]): Promise<ReadonlyMap<string, Price>>;
  /** Whoever wants the price of one of these from now on gets what inventory says then, as long as it can be asked. */
  drop(skus: readonly string[]): void;
}

const largestLookup = 1000;
/** An item that was not used for so many times `freshMs` is no longer refreshed. */
const inUseAges = 4;

export function createPriceCache({ fetchPrices, freshMs, maxAgeMs, patienceMs, now }: PriceCacheOptions): PriceCache {
  const entries = new Map<string, Entry>();
  let nextLookup: { readonly skus: Set<string>; readonly done: Promise<void> } | undefined;
  let lookupUnderWay: Promise<void> = Promise.resolve();
  /** What was dropped since the look-up under way began: its answer may be older than the change. */
  let droppedMeanwhile: Set<string> | undefined;

  const serve = (skus: readonly string[], maxAge: number, stale: boolean): Map<string, Price> | undefined => {
    const time = now();
    const oldest = time - maxAge;
    const found = new Map<string, Price>();
    for (const sku of skus) {
      const entry = entries.get(sku);
      if (entry === undefined || entry.fetchedAt < oldest || (entry.stale && !stale)) return undefined;
      entry.usedAt = time;
      found.set(sku, entry.price);
    }
    return found;
  };

  const lookUp = async (wanted: Set<string>): Promise<void> => {
    // One call refreshes whatever is in use and half way to its age, not only what is missed just now: a catalogue in
    // steady use costs one call per half of that time, not one per item.
    const time = now();
    for (const [sku, entry] of entries) {
      if (wanted.size >= largestLookup) break;
      const inUse = time - entry.usedAt < inUseAges * freshMs;
      if (inUse && time - entry.fetchedAt > freshMs / 2) wanted.add(sku);
    }
    const skus = [...wanted];
    const dropped = new Set<string>();
    droppedMeanwhile = dropped;
    const found = await fetchPrices(skus).finally(() => {
      droppedMeanwhile = undefined;
    });
    const fetchedAt = now();
    for (const sku of skus) {
      const price = found.get(sku);
      const stale = dropped.has(sku);
      if (price) entries.set(sku, { price, fetchedAt, usedAt: entries.get(sku)?.usedAt ?? fetchedAt, stale });
      else entries.delete(sku);
    }
  };

  /** Joins the look-up that starts when the one under way ends: one call at a time, each for all who wait. */
  const refresh = (skus: readonly string[]): Promise<void> => {
    if (nextLookup === undefined) {
      const wanted = new Set<string>();
      const done = lookupUnderWay
        .catch(() => undefined) // its own waiters were told; the next one starts all the same
        .then(() => {
          nextLookup = undefined;
          return lookUp(wanted);
        });
      nextLookup = { skus: wanted, done };
      lookupUnderWay = done;
    }
    for (const sku of skus) nextLookup.skus.add(sku);
    return nextLookup.done;
  };

  const known = (skus: readonly string[]): Map<string, Price> => {
    const found = new Map<string, Price>();
    for (const sku of skus) {
      const entry = entries.get(sku);
      if (entry) found.set(sku, entry.price);
    }
    return found;
  };

  return {
    async prices(skus) {
      const fresh = serve(skus, freshMs, false);
      if (fresh) return fresh;
      const old = serve(skus, maxAgeMs, true);
      const refreshed = refresh(skus);
      if (old) return (await doneWithin(patienceMs, refreshed)) ? known(skus) : old;
      try {
        await refreshed;
      } catch (cause) {
        throw new DomainError(orderErrors.pricesUnavailable, "prices cannot be looked up just now", {
          retryAfterMs: 1000,
          cause,
        });
      }
      return known(skus);
    },
    drop(skus) {
      for (const sku of skus) {
        const entry = entries.get(sku);
        if (entry) entry.stale = true;
        droppedMeanwhile?.add(sku);
      }
    },
  };
}

/** Whether the work succeeds within so many milliseconds. */
async function doneWithin(ms: number, work: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const succeeded = work.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([succeeded, delay(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
