// Consistent views of all databases, opened in an order in which what each shows does not contradict the others.
import type { DatabaseUrls } from "@ordermesh/stack";
import { openOrderShards, type ShardUrls } from "../measuring/order-shards.ts";
import {
  type BucketRow,
  bucketRows,
  type Ownership,
  ownershipOf,
  readVersions,
  shardVersion,
} from "../measuring/ownership.ts";
import { openSnapshot, type Snapshot } from "./snapshot.ts";

/** The shards as they were while no bucket changed hands. */
export interface OrderSnapshots {
  readonly shards: readonly { readonly name: string; readonly snapshot: Snapshot }[];
  readonly ownership: Ownership;
  /** When the first of them was taken. */
  readonly time: Date;
}

export interface Snapshots {
  readonly order: OrderSnapshots;
  readonly payment: Snapshot;
  readonly provider: Snapshot;
  readonly inventory: Snapshot;
  readonly notification: Snapshot;
  close(): Promise<void>;
}

/**
 * Each later view has seen whatever the earlier ones have: a change that falls in between then shows as a recent change
 * of the payment or the order, which is in flight, and not as a contradiction.
 */
export async function openSnapshots(databases: DatabaseUrls): Promise<Snapshots> {
  await using opened = new AsyncDisposableStack();
  const open = async (url: string): Promise<Snapshot> => {
    const snapshot = await openSnapshot(url);
    opened.defer(() => snapshot.close());
    return snapshot;
  };
  const provider = await open(databases.provider);
  const payment = await open(databases.payment);
  const inventory = await open(databases.inventory);
  const notification = await open(databases.notification);
  const order = await openOrders(databases.shards);
  for (const { snapshot } of order.shards) opened.defer(() => snapshot.close());
  const all = opened.move();
  return { order, payment, provider, inventory, notification, close: () => all.disposeAsync() };
}

const attempts = 10;

/** Begins anew while buckets change hands between one view and the next, for an order could then be in none or in two. */
async function openOrders(urls: ShardUrls): Promise<OrderSnapshots> {
  const shards = await openOrderShards(urls);
  try {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      await using opened = new AsyncDisposableStack();
      const snapshots: OrderSnapshots["shards"][number][] = [];
      for (const { name, url } of urls) {
        const snapshot = await openSnapshot(url);
        opened.defer(() => snapshot.close());
        snapshots.push({ name, snapshot });
      }
      if ((await versionsIn(snapshots)) !== (await readVersions(shards))) continue;
      opened.move();
      const rows = await Promise.all(
        snapshots.map(({ snapshot }) => snapshot.query<BucketRow & Record<string, unknown>>(bucketRows)),
      );
      const time = new Date(Math.min(...snapshots.map(({ snapshot }) => snapshot.time.getTime())));
      return { shards: snapshots, ownership: ownershipOf(rows), time };
    }
  } finally {
    await shards.close();
  }
  throw new Error(`buckets changed hands in each of ${attempts} attempts to read all shards; wait for the move to end`);
}

async function versionsIn(snapshots: OrderSnapshots["shards"]): Promise<string> {
  const rows = await Promise.all(snapshots.map(({ snapshot }) => snapshot.query<{ version: string }>(shardVersion)));
  return rows
    .flat()
    .map(({ version }) => version)
    .join(" ");
}
