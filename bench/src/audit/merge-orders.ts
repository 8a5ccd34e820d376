// Walks several sorted sources at once and brings together what each knows of one order.
import type { OrderRow, SortedRows } from "./snapshot.ts";

type Sources = Readonly<Record<string, SortedRows<OrderRow>>>;

/** The row of each source about one order; undefined where it has none. */
export type Merged<S extends Sources> = {
  readonly [Name in keyof S]: S[Name] extends SortedRows<infer Row> ? Row | undefined : never;
};

/** Calls `visit` once for every order that any source knows, in the order of the ids. */
export async function mergeOrders<S extends Sources>(
  sources: S,
  visit: (orderId: string, rows: Merged<S>) => void,
): Promise<number> {
  const entries = Object.entries(sources);
  let orders = 0;
  for (;;) {
    let id: string | undefined;
    for (const [, source] of entries) {
      const candidate = source.current?.order_id;
      if (candidate !== undefined && (id === undefined || candidate < id)) id = candidate;
    }
    if (id === undefined) return orders;
    const rows: Record<string, OrderRow | undefined> = {};
    for (const [name, source] of entries) {
      if (source.current?.order_id !== id) continue;
      rows[name] = source.current;
      const fetching = source.advance();
      if (fetching !== undefined) await fetching;
    }
    orders += 1;
    visit(id, rows as Merged<S>);
  }
}
