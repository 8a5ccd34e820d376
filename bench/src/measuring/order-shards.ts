// Reads all databases of the order service as one, while a stack runs.
import type { DatabaseUrls } from "@ordermesh/stack";
import type pg from "pg";
import { type Observer, openObserver } from "./observer.ts";

export type ShardUrls = DatabaseUrls["shards"];

/** The observer of one shard. */
export interface ShardObserver extends Observer {
  readonly name: string;
}

export interface OrderShards {
  readonly all: readonly ShardObserver[];
  /** Statements sent to all of them so far, each a transaction of its own. */
  readonly statements: number;
  /** Asks all shards at the same time; the rows of the first shard come first. */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/**
 * The condition that the shard shows the order whose id the SQL expression `id` gives: rows of other buckets are copies
 * of a move under way, or what one has left over.
 */
export const shownHere = (id: string): string =>
  `EXISTS (SELECT FROM bucket b WHERE b.bucket = order_bucket(${id}) AND b.state IN ('OWNED', 'FENCED'))`;

/** Opens a connection to each shard; all of them or none. */
export async function openOrderShards(shards: ShardUrls): Promise<OrderShards> {
  await using opened = new AsyncDisposableStack();
  const all: ShardObserver[] = [];
  for (const { name, url } of shards) {
    const observer = await openObserver(url);
    opened.defer(() => observer.close());
    all.push({
      name,
      get statements() {
        return observer.statements;
      },
      query: observer.query,
      close: observer.close,
    });
  }
  opened.move();
  return {
    all,
    get statements() {
      return all.reduce((sum, { statements }) => sum + statements, 0);
    },
    query: async (text, values) => (await Promise.all(all.map((shard) => shard.query(text, values)))).flat() as never[],
    close: async () => {
      await Promise.all(all.map((shard) => shard.close()));
    },
  };
}
