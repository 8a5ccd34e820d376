import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Layout, layoutOf } from "../data-folder/layout.ts";
import { chooseShardCount, parseShards, rememberShardCount } from "./shard-count.ts";

let layout: Layout;

beforeEach(async () => {
  layout = layoutOf(await mkdtemp(join(tmpdir(), "ordermesh-shards-")));
});

afterEach(() => rm(layout.root, { recursive: true }));

test("from 1 to 8 shards may be asked for", () => {
  expect([parseShards("1"), parseShards("8")]).toEqual([1, 8]);
});

test.each(["0", "9", "10", "-1", "two", "", "1.5", " 2"])("%j is refused with what is allowed", (text) => {
  const refused = { code: "BAD_SHARDS", exitCode: 2, message: expect.stringContaining("give 1 to 8") };
  expect(() => parseShards(text)).toThrow(expect.objectContaining(refused));
});

test("a new folder, and one from before there were shards, has one unless more are asked for", async () => {
  expect(await chooseShardCount(layout, undefined)).toBe(1);
  expect(await chooseShardCount(layout, 4)).toBe(4);
  await writeFile(layout.seeded, JSON.stringify({ items: 1_000 }));
  expect(await chooseShardCount(layout, undefined)).toBe(1);
});

test("a folder goes on with the shards that it has had, and takes more, but not fewer", async () => {
  await rememberShardCount(layout, 2);
  expect(await chooseShardCount(layout, undefined)).toBe(2);
  expect(await chooseShardCount(layout, 3)).toBe(3);
  const refused = { code: "SHARDS_FEWER", message: expect.stringMatching(/over 2 shards.* start it with --shards 2/) };
  await expect(chooseShardCount(layout, 1)).rejects.toMatchObject(refused);
});
