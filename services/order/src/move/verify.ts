// Compares what the target has with what the source has, while the source goes on being written.
//
// The target's rows of moving buckets are written by this mover alone. So where nothing was captured for an order since
// it was last copied, both sides must be equal: whatever changed it would have been captured in the same commit. Names
// that are captured and rows are read in one snapshot of the source; orders that are captured there are left for later,
// those of others are compared. What is copied after that is noted as unverified, and the last of it is compared behind
// the fence, where nothing changes. Together that is every order, each compared in a state that it still has.
import { catchUp } from "./catch-up.ts";
import { firstKey, KEYS_PER_STATEMENT, type KeyName, keyDigests, keyText, scanKeys } from "./idempotency-keys.ts";
import type { MoveContext } from "./move-context.ts";
import { MoveError } from "./move-error.ts";
import {
  firstOrder,
  inPieces,
  lastOrder,
  ORDERS_PER_STATEMENT,
  orderDigests,
  ordersBetween,
  scanOrders,
} from "./orders.ts";

const snapshot = "ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SHOWN = 5;
/** So few are compared behind the fence, where writes wait. */
const LITTLE = 200;
/** Each round leaves what was written meanwhile. Where that does not become less, another round would not help. */
const MOST_ROUNDS = 20;

// Keys are forgotten after seven days, by each shard at a time of its own.
const KEY_AGE_MS = 6 * 24 * 3_600_000;

/** Compares everything. Throws COPY_DIFFERS. */
export async function verifyAll(context: MoveContext): Promise<void> {
  const { source, move, pace, report, signal } = context;
  for (let position = firstOrder, passed = 0, end = false; !end; ) {
    const startedAt = performance.now();
    const slice = await verifySlice(context, position);
    position = slice.last ?? position;
    end = slice.end;
    passed += slice.passed;
    report.progress(move, Math.min(1, passed / Math.max(1, move.progress.allOrders)));
    await pace.rest(performance.now() - startedAt, slice.ids.length, signal);
    await catchUp(context);
  }
  for (let position = firstKey; ; ) {
    const startedAt = performance.now();
    const slice = await scanKeys(source, move.buckets, position);
    for (const keys of inPieces(slice.keys, KEYS_PER_STATEMENT)) await verifyKeys(context, keys);
    await pace.rest(performance.now() - startedAt, slice.keys.length, signal);
    if (slice.next === undefined) return;
    position = slice.next;
  }
}

/** Compares what was copied since it was last compared, until little of it is left. */
export async function verifyRecent(context: MoveContext): Promise<void> {
  const { unverified } = context;
  for (let round = 0; round < MOST_ROUNDS && unverified.orders.size + unverified.keys.size > LITTLE; round += 1) {
    const ids = [...unverified.orders].slice(0, ORDERS_PER_STATEMENT);
    const keys = [...unverified.keys.values()].slice(0, KEYS_PER_STATEMENT);
    for (const id of ids) unverified.orders.delete(id);
    for (const key of keys) unverified.keys.delete(keyText(key));
    await verifyOrders(context, ids);
    await verifyKeys(context, keys);
    await catchUp(context);
  }
}

/** Compares the rest, behind the fence, where everything that was captured is copied. */
export async function verifyRest(context: MoveContext): Promise<void> {
  const { unverified } = context;
  for (const ids of inPieces([...unverified.orders], ORDERS_PER_STATEMENT)) await verifyOrders(context, ids);
  for (const keys of inPieces([...unverified.keys.values()], KEYS_PER_STATEMENT)) await verifyKeys(context, keys);
}

async function verifySlice(context: MoveContext, position: string) {
  const { source, target, tables, move, unverified } = context;
  const { slice, captured, here } = await source.transaction(async () => {
    const pending = await capturedIds(context);
    const found = await scanOrders(source, move.buckets, position);
    const digests = new Map<string, string>();
    for (const ids of inPieces(found.ids, ORDERS_PER_STATEMENT)) {
      for (const [id, digest] of await orderDigests(source, tables, ids)) digests.set(id, digest);
    }
    return { slice: found, captured: pending, here: digests };
  }, snapshot);
  // Past the source's last order nothing may stand at the target either.
  const until = slice.end ? lastOrder : (slice.last ?? lastOrder);
  const there = new Map<string, string>();
  for (const ids of inPieces(await ordersBetween(target, move.buckets, position, until), ORDERS_PER_STATEMENT)) {
    for (const [id, digest] of await orderDigests(target, tables, ids)) there.set(id, digest);
  }
  for (const id of captured) unverified.orders.add(id);
  expectEqual(context, "order", here, there, captured);
  return slice;
}

async function verifyOrders(context: MoveContext, ids: readonly string[]): Promise<void> {
  const { source, target, tables, unverified } = context;
  const { captured, here } = await source.transaction(
    async () => ({ captured: await capturedIds(context), here: await orderDigests(source, tables, ids) }),
    snapshot,
  );
  for (const id of captured) unverified.orders.add(id);
  expectEqual(context, "order", here, await orderDigests(target, tables, ids), captured);
}

async function verifyKeys(context: MoveContext, keys: readonly KeyName[]): Promise<void> {
  const { source, target, tables, unverified } = context;
  const since = new Date(Date.now() - KEY_AGE_MS);
  const { captured, here } = await source.transaction(
    async () => ({
      captured: await source.rows<KeyName>("SELECT DISTINCT caller, key FROM moving_key"),
      here: await keyDigests(source, tables.keys, keys, since),
    }),
    snapshot,
  );
  for (const key of captured) unverified.keys.set(keyText(key), key);
  const there = await keyDigests(target, tables.keys, keys, since);
  expectEqual(context, "idempotency key", here, there, new Set(captured.map(keyText)));
}

async function capturedIds({ source }: MoveContext): Promise<ReadonlySet<string>> {
  const rows = await source.rows<{ id: string }>("SELECT DISTINCT order_id AS id FROM moving_order");
  return new Set(rows.map(({ id }) => id));
}

function expectEqual(
  { source, target }: MoveContext,
  what: string,
  here: ReadonlyMap<string, string>,
  there: ReadonlyMap<string, string>,
  except: ReadonlySet<string>,
): void {
  const different = [...new Set([...here.keys(), ...there.keys()])]
    .filter((name) => !except.has(name) && here.get(name) !== there.get(name))
    .map((name) => `${name} (${here.has(name) ? (there.has(name) ? "other rows" : "missing") : "not at the source"})`);
  if (different.length === 0) return;
  throw new MoveError(
    "COPY_DIFFERS",
    `${different.length} of what was copied from ${source.shard} differs at ${target.shard}: ${what} ` +
      `${different.slice(0, SHOWN).join(", ")}${different.length > SHOWN ? " and more" : ""}. Nothing was switched: ` +
      "take the move back with --abort and find out who wrote there",
  );
}
