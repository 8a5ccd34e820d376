import { describe, expect, test } from "vitest";
import { type BucketRow, idsByShard, ownershipOf } from "./ownership.ts";

const row = (bucket: number, state: BucketRow["state"], moveId: string | null = null): BucketRow => ({
  bucket,
  state,
  move_id: moveId,
});
const idOf = (bucket: number): string => `019b7ca9-8f2e-8${bucket.toString(16).padStart(3, "0")}-bf01-020304050607`;

describe("the owner of a bucket", () => {
  test.each<[string, BucketRow[], BucketRow[], number[]]>([
    ["is the shard that has it", [row(7, "OWNED")], [], [0]],
    ["is the source while it is fenced", [row(7, "FENCED", "m")], [row(7, "ARRIVING", "m")], [0]],
    ["is the target when it was released to it", [row(7, "RELEASED", "m")], [row(7, "ARRIVING", "m")], [1]],
    ["is the target while the source is cleaned", [row(7, "RELEASED", "m")], [row(7, "OWNED")], [1]],
    ["is nobody when it was released under another move", [row(7, "RELEASED", "m")], [row(7, "ARRIVING", "n")], []],
    ["is nobody when it only arrives", [], [row(7, "ARRIVING", "m")], []],
    ["is both when both say so", [row(7, "OWNED")], [row(7, "FENCED", "m")], [0, 1]],
    ["is nobody when no shard knows it", [row(8, "OWNED")], [], []],
  ])("%s", (_title, first, second, owners) => {
    const ownership = ownershipOf([first, second]);
    expect(ownership.ownersOf(7)).toEqual(owners);
    expect([0, 1].filter((shard) => ownership.shows(shard, 7))).toEqual(owners);
  });
});

test("a shard knows a bucket that is on its way, and not one of which it has no row", () => {
  const ownership = ownershipOf([[row(7, "RELEASED", "m")], []]);
  expect([ownership.knows(0, 7), ownership.knows(1, 7), ownership.knows(0, 8)]).toEqual([true, false, false]);
});

test("ids are asked of the shard that owns their bucket", () => {
  const ownership = ownershipOf([[row(1, "OWNED")], [row(2, "OWNED")]]);
  expect(idsByShard(ownership, [idOf(2), idOf(1), idOf(3), idOf(2)], 2)).toEqual([[idOf(1)], [idOf(2), idOf(2)]]);
});
