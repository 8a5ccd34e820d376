import { expect, test } from "vitest";
import { mergeShards, type ShardFilter } from "./shard-rows.ts";
import type { OrderRow, SortedRows } from "./snapshot.ts";

/** A source that fetches two rows at a time, as cursors do with more. */
function source(ids: string): SortedRows<OrderRow> {
  const rows = [...ids].map((id) => ({ order_id: id }));
  let index = 0;
  return {
    get current() {
      return rows[index];
    },
    advance: () => {
      index += 1;
      return index % 2 === 0 ? Promise.resolve() : undefined;
    },
  };
}

async function merged(shards: readonly string[], filter: Partial<ShardFilter> = {}): Promise<string> {
  const rows = await mergeShards(shards.map(source), { shows: () => true, twice: () => undefined, ...filter });
  let ids = "";
  for (; rows.current !== undefined; await rows.advance()) ids += rows.current.order_id;
  return ids;
}

test.each([
  [[], ""],
  [[""], ""],
  [["abcde"], "abcde"],
  [["ad", "", "bce", "f"], "abcdef"],
  [["def", "abc"], "abcdef"],
])("the rows of %j come in the order of their ids", async (shards, ids) => {
  expect(await merged(shards)).toBe(ids);
});

test("rows that their shard does not show are passed over, be it at the beginning, between or at the end", async () => {
  const hidden = ["abfgh", "dh"];
  const shows = (shard: number, id: string): boolean => !hidden[shard]?.includes(id);
  expect(await merged(["abcdefgh", "abcdh"], { shows })).toBe("abcde");
});

test("an order that several shards show is told of and comes once", async () => {
  const twice: string[] = [];
  const note = (shard: number, id: string): void => void twice.push(`${shard}${id}`);
  expect(await merged(["abc", "bcd", "cde"], { twice: note })).toBe("abcde");
  expect(twice).toEqual(["1b", "1c", "2c", "2d"]);
});
