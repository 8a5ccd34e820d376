import { bucketOfKey, newBucketedId } from "@ordermesh/runtime/ids";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../testing/gate.ts";
import { createTestShards, type TestShards } from "../testing/test-shards.ts";
import { assertOwned } from "./bucket-table.ts";
import type { Shard } from "./shard.ts";
import type { ShardSet } from "./shard-set.ts";

const move = "0d0c6f3e-0000-4000-8000-000000000001";
const bucket = bucketOfKey("ada"); // at shard-2
const orderId = newBucketedId("ada", Date.UTC(2026, 2, 1));

let testShards: TestShards;
let shards: ShardSet;
let first: Shard;
let second: Shard;

beforeEach(async () => {
  testShards = await createTestShards(2);
  shards = await testShards.connect();
  [first, second] = shards.all as [Shard, Shard];
});

afterEach(() => testShards.drop());

const run = (shard: Shard, statement: string) => shard.database.pool.query(statement);

/** A write as the service makes them; resolves to the shard that took it. */
const write = (set: ShardSet): Promise<string> =>
  set.write(bucket, (shard) =>
    shard.run(() =>
      shard.database.transaction(async (tx) => {
        await assertOwned(tx, [orderId]);
        return shard.name;
      }),
    ),
  );
const read = (set: ShardSet): Promise<string> => set.read(bucket, async (shard) => shard.name);

const arrive = () => run(first, `INSERT INTO bucket VALUES (${bucket}, 'ARRIVING', '${move}', 'shard-2')`);
const fence = (lease: string) =>
  run(
    second,
    `UPDATE bucket SET state = 'FENCED', move_id = '${move}', peer = 'shard-1',
     fence_until = clock_timestamp() + interval '${lease}' WHERE bucket = ${bucket}`,
  );
const release = () => run(second, `UPDATE bucket SET state = 'RELEASED', fence_until = NULL WHERE bucket = ${bucket}`);
const activate = () =>
  run(first, `UPDATE bucket SET state = 'OWNED', move_id = NULL, peer = NULL WHERE bucket = ${bucket}`);

describe("the first assignment", () => {
  it("gives every bucket to one shard, however many processes start at once", async () => {
    await Promise.all([testShards.connect(), testShards.connect()]);
    const counts = await Promise.all(shards.all.map((shard) => run(shard, "SELECT count(*)::int AS n FROM bucket")));
    expect(counts.map(({ rows }) => rows[0].n)).toEqual([2048, 2048]);
  });

  it("is not repeated: a shard that joins later owns nothing", async () => {
    await run(first, "DELETE FROM bucket; UPDATE shard SET assigned = false");
    const again = await testShards.connect();
    expect((await run(first, "SELECT FROM bucket")).rowCount).toBe(0);
    expect(() => again.ownerOf(0)).toThrow(expect.objectContaining({ code: "SHARD_UNAVAILABLE" }));
  });

  it("gives all to a shard that has orders from before there were several", async () => {
    for (const shard of shards.all) await run(shard, "DELETE FROM bucket; UPDATE shard SET assigned = false");
    await run(
      second,
      `INSERT INTO orders (id, customer_id, client_reference, status, currency_code, total_minor, create_time,
         update_time, deadline) VALUES ('${orderId}', 'ada', '', 'PENDING', 'EUR', 1, now(), now(), now())`,
    );
    const again = await testShards.connect();
    expect(again.ownerOf(0).name).toBe("shard-2");
    expect(again.ownerOf(4095).name).toBe("shard-2");
  });

  it("refuses databases that are mixed up", async () => {
    const [one, two] = testShards.urls;
    const swapped = [
      { name: "shard-1", url: two?.url ?? "" },
      { name: "shard-2", url: one?.url ?? "" },
    ];
    await expect(testShards.connect(swapped)).rejects.toThrow("database given for shard-1 is that of shard-2");
  });
});

describe("a bucket that moves", () => {
  it("is found at its new shard by a process that knew only the old one", async () => {
    const other = await testShards.connect();
    await arrive();
    await fence("1 minute");
    await release();
    await activate();
    expect(await write(shards)).toBe("shard-1");
    expect(await read(other)).toBe("shard-1");
    expect(other.owns(first, bucket)).toBe(true);
    expect(other.owns(second, bucket)).toBe(false);
  });

  it("is read at its old shard and not written while it is fenced; the write goes on at the new one", async () => {
    await arrive();
    await fence("1 minute");
    expect(await read(shards)).toBe("shard-2");
    const writing = write(shards);
    await expect(Promise.race([writing, shards.refresh().then(() => "waiting")])).resolves.toBe("waiting");
    await release();
    await activate();
    expect(await writing).toBe("shard-1");
  });

  it("goes back to its shard when the mover's lease has ended", async () => {
    await arrive();
    await fence("50 milliseconds");
    expect(await write(shards)).toBe("shard-2");
    expect((await run(second, `SELECT state, move_id FROM bucket WHERE bucket = ${bucket}`)).rows).toEqual([
      { state: "OWNED", move_id: move },
    ]);
  });

  it("is taken over by whoever finds it released, when the mover died in between", async () => {
    await arrive();
    await fence("1 minute");
    await release();
    expect(await write(shards)).toBe("shard-1");
    expect(await read(shards)).toBe("shard-1");
  });

  it("is not taken over under another move", async () => {
    await arrive();
    await run(first, `UPDATE bucket SET move_id = gen_random_uuid() WHERE bucket = ${bucket}`);
    await fence("1 minute");
    await release();
    await shards.refresh();
    expect(() => shards.ownerOf(bucket)).toThrow(expect.objectContaining({ code: "SHARD_UNAVAILABLE" }));
  });

  it("is never with two shards: that is an error, and not a choice", async () => {
    await run(first, `INSERT INTO bucket VALUES (${bucket}, 'OWNED')`);
    await expect(shards.refresh()).rejects.toThrow(`bucket ${bucket} is at`);
  });
});

describe("a shard that is away", () => {
  it("refuses its own buckets at once, with when to come back, and leaves the others alone", async () => {
    const gate = await createGate(testShards.urls[1]?.url ?? "");
    const urls = testShards.urls.map((shard) => (shard.name === "shard-2" ? { ...shard, url: gate.url } : shard));
    const set = await testShards.connect(urls);
    await gate.close();
    const refused = { code: "SHARD_UNAVAILABLE", retryAfterMs: 1_000, metadata: { shard: "shard-2" } };
    for (let attempt = 0; attempt < 10; attempt += 1) await expect(write(set)).rejects.toMatchObject(refused);
    await expect(read(set)).rejects.toMatchObject(refused);
    await set.refresh();
    expect(await set.read(0, async (shard) => shard.name)).toBe("shard-1");
    // What calls meet makes the guard ask; after that they are refused without a try.
    const available = async () => {
      await expect(write(set)).rejects.toMatchObject(refused);
      return set.all.map((shard) => shard.available());
    };
    await expect.poll(available, { timeout: 5_000 }).toEqual([true, false]);
    await gate.open();
    await expect.poll(() => write(set).catch(() => "away"), { timeout: 5_000 }).toBe("shard-2");
    await gate.close();
  });
});
