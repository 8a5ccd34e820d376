import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bucketOfKey } from "@ordermesh/runtime/ids";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createShards, type SpecShards } from "./testing/two-shards.ts";
import { createWriter, type Writer } from "./testing/writer.ts";

const customers = ["ada", "ada", "ada", "bob"];
const [ada, bob] = [bucketOfKey("ada"), bucketOfKey("bob")];

let shards: SpecShards;
let writer: Writer;

beforeAll(async () => {
  shards = await createShards(["shard-1", "shard-2"]);
  writer = createWriter(shards.all, customers);
  await writer.preload(24);
  writer.start(0);
});
afterAll(async () => {
  await writer.stop();
  await shards.close();
});

/** Runs the program as an operator does. */
async function run(args: readonly string[], urls: readonly { name: string; url: string }[] = shards.all) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../shards-cli.ts"), ...args], {
    env: { ...process.env, ORDERMESH_SHARDS: urls.map(({ name, url }) => `${name}=${url}`).join(",") },
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code };
}

test("buckets, recent and pending orders are shown per shard, with the hottest buckets", async () => {
  const { stdout, code } = await run(["--json"]);
  const spread = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(spread.shards).toMatchObject([
    { shard: "shard-1", pendingOrders: 24, recentOrders: 24 },
    { shard: "shard-2", buckets: [], pendingOrders: 0, recentOrders: 0 },
  ]);
  expect(spread.hottest).toEqual([
    { bucket: ada, shard: "shard-1", recentOrders: 18 },
    { bucket: bob, shard: "shard-1", recentOrders: 6 },
  ]);
  expect((await run([])).stdout).toMatch(/shard-1\s+4096\s+0-4095\s+~\d+\s+24\s+24\s+100\.0%/);
});

test("a bucket is moved, told step by step, and shown where it is", async () => {
  const { stdout, code } = await run(["move", "--buckets", String(ada), "--to", "shard-2"]);
  expect({ stdout, code }).toEqual({
    stdout: expect.stringMatching(/Moved 1 buckets? .* from shard-1 to shard-2/),
    code: 0,
  });
  expect(stdout).toMatch(/18 orders, \d+ rows copied/);
  expect(stdout).toMatch(/Writes of these buckets waited for \d+ ms at most, in 1 attempt/);
  const { hottest } = JSON.parse((await run(["show", "--json"])).stdout);
  expect(hottest[0]).toEqual({ bucket: ada, shard: "shard-2", recentOrders: 18 });
});

test("a shard that is away is told, and the others are shown", async () => {
  const [first] = shards.all;
  const urls = [...(first ? [first] : []), { name: "shard-2", url: "postgres://127.0.0.1:1/away" }];
  const { stdout, code } = await run([], urls);
  expect(code).toBe(1);
  expect(stdout).toMatch(/shard-1\s+4095/);
  expect(stdout).toContain("! shard-2 cannot be reached");
  expect(stdout).toContain(`! 1 buckets are at a shard that cannot be asked, or nowhere: ${ada}`);
});

test.each([
  [["move", "--buckets", "9-5", "--to", "shard-2"], 2, "OPTION_INVALID: --buckets"],
  [["move"], 2, "OPTION_INVALID: a move needs --buckets and --to"],
  [["move", "--resume"], 1, "MOVE_NOT_FOUND: no move is unfinished"],
  [["show", "--minutes", "0"], 2, "allowed a whole number from 1 to 1440"],
])("%j is refused in one message", async (args, code, message) => {
  const outcome = await run(args);
  expect(outcome).toMatchObject({ code, stderr: expect.stringContaining(message) });
  expect(outcome.stderr).not.toContain("    at ");
});
