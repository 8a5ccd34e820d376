// Copies everything that the buckets hold, while it goes on being written.
import { copyKeys, firstKey, KEYS_PER_STATEMENT, scanKeys } from "./idempotency-keys.ts";
import type { MoveContext } from "./move-context.ts";
import { saveProgress } from "./move-record.ts";
import { copyOrders, firstOrder, inPieces, lastOrder, ORDERS_PER_STATEMENT, scanOrders } from "./orders.ts";

/** Copies orders, then keys. A copy that was interrupted goes on where it stood. */
export async function copyAll(context: MoveContext): Promise<void> {
  await copyAllOrders(context);
  await copyAllKeys(context);
}

async function copyAllOrders(context: MoveContext): Promise<void> {
  const { source, target, tables, move, pace, signal, report } = context;
  // Later orders are captured, so the copy need not run after them.
  const until = move.progress.copyUntil ?? (await noteExtent(context));
  for (let end = false; !end; ) {
    const scannedAt = performance.now();
    const slice = await scanOrders(source, move.buckets, move.progress.orderPosition ?? firstOrder, until);
    await pace.rest(performance.now() - scannedAt, 0, signal);
    for (const ids of inPieces(slice.ids, ORDERS_PER_STATEMENT)) {
      const startedAt = performance.now();
      const rows = await copyOrders(source, target, tables, ids);
      await saveProgress(source, move, {
        orderPosition: ids.at(-1),
        copiedOrders: move.progress.copiedOrders + ids.length,
        copiedRows: move.progress.copiedRows + rows,
      });
      await pace.rest(performance.now() - startedAt, ids.length, signal);
    }
    end = slice.end;
    if (slice.last !== undefined) {
      const passedOrders = move.progress.passedOrders + slice.passed;
      await saveProgress(source, move, { orderPosition: slice.last, passedOrders });
      report.progress(move, Math.min(1, passedOrders / Math.max(1, move.progress.allOrders)));
    }
  }
}

async function noteExtent({ source, move }: MoveContext): Promise<string> {
  const [row] = await source.rows<{ newest: string | null; all: number }>(
    `SELECT (SELECT id FROM orders ORDER BY id DESC LIMIT 1) AS newest,
            (SELECT greatest(c.reltuples, s.n_live_tup)::float8 FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
             WHERE c.oid = 'orders'::regclass) AS all`,
  );
  const copyUntil = row?.newest ?? lastOrder;
  await saveProgress(source, move, { copyUntil, allOrders: row?.all ?? 0 });
  return copyUntil;
}

async function copyAllKeys({ source, target, tables, move, pace, signal }: MoveContext): Promise<void> {
  for (let position = move.progress.keyPosition ?? firstKey; ; ) {
    const scannedAt = performance.now();
    const slice = await scanKeys(source, move.buckets, position);
    await pace.rest(performance.now() - scannedAt, 0, signal);
    for (const keys of inPieces(slice.keys, KEYS_PER_STATEMENT)) {
      const startedAt = performance.now();
      const rows = await copyKeys(source, target, tables.keys, keys);
      await saveProgress(source, move, {
        copiedKeys: move.progress.copiedKeys + rows,
        copiedRows: move.progress.copiedRows + rows,
      });
      await pace.rest(performance.now() - startedAt, keys.length, signal);
    }
    if (slice.next === undefined) return;
    position = slice.next;
    await saveProgress(source, move, { keyPosition: [slice.next[0], slice.next[1]] });
  }
}
