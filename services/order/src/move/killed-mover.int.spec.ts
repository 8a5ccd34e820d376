import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { moveBuckets } from "./move-buckets.ts";
import { stepNames } from "./move-record.ts";
import { expectMoved } from "./testing/expect-moved.ts";
import { silentReport } from "./testing/silent-report.ts";
import { STATED_PAUSE_MS } from "./testing/stated-pause.ts";
import { createShards, type SpecShards } from "./testing/two-shards.ts";
import { createWriter, type Writer } from "./testing/writer.ts";

const customers = Array.from({ length: 64 }, (_, index) => `customer-${index}`);
const moving = Array.from({ length: 2048 }, (_, bucket) => bucket);

let shards: SpecShards;
let writer: Writer;

beforeEach(async () => {
  shards = await createShards(["shard-1", "shard-2"]);
  writer = createWriter(shards.all, customers);
  await writer.preload(600);
  writer.start(4);
});
afterEach(async () => {
  await writer.stop();
  await shards.close();
});

async function killMover(to: string, place: string): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "testing/mover-process.ts"), "0-2047", to, place], {
    env: { ...process.env, ORDERMESH_SHARDS: shards.all.map(({ name, url }) => `${name}=${url}`).join(",") },
    stdio: "inherit",
  });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

const move = (to: string) =>
  moveBuckets(
    { shards: shards.all, report: silentReport, signal: new AbortController().signal },
    { buckets: moving, to },
  );

test.each([...stepNames, "copy:progress", "clean:progress"])(
  "a mover killed at %s is resumed, and nothing is lost, doubled, out of order or long refused",
  async (place) => {
    await killMover("shard-2", place);
    // Orders of all customers go on, also where a fence stood.
    const before = [...writer.placedBy];
    await expect
      .poll(() => before.filter(([customer, placed]) => writer.placedBy.get(customer) === placed), { timeout: 5_000 })
      .toEqual([]);
    const [summary] = await move("shard-2");
    expect(summary).toMatchObject({ source: "shard-1", target: "shard-2", buckets: moving });
    await writer.stop();
    await expectMoved(shards.all, writer, (bucket) => (bucket < 2048 ? "shard-2" : "shard-1"));
    expect(writer.longestRefusalMs).toBeLessThan(STATED_PAUSE_MS);
  },
);

test("buckets go to a shard and come back while orders are written", async () => {
  await move("shard-2");
  await move("shard-1");
  await writer.stop();
  await expectMoved(shards.all, writer, () => "shard-1");
  expect(writer.longestRefusalMs).toBeLessThan(STATED_PAUSE_MS);
});
