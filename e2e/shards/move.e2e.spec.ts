// Buckets move to another shard under load, whoever dies meanwhile: every order is reachable at every moment.
import { randomBytes } from "node:crypto";
import { conclude, createProgress, lossesOf, type SteadyLoad, startSteadyLoad } from "@ordermesh/bench";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { runCommand } from "../cli.ts";
import { state } from "../client.ts";
import { type Buckets, tokensIn } from "../customers.ts";
import { signal, stackState } from "../processes.ts";
import { killMoverAt, type Moved, move } from "./mover.ts";
import { type Reader, startReader } from "./reader.ts";

const perSecond = Number(process.env["ORDERMESH_E2E_ORDERS_PER_SECOND"] ?? "200");
const moving = { first: 0, last: 511 };
const buckets = `${moving.first}-${moving.last}`;
const target = "shard-3";
const steps = ["plan", "capture", "copy", "catch-up", "verify", "fence", "drain", "switch", "activate", "clean"];
const longestPauseMs = 2_000;
const calmMs = 500;

const runId = randomBytes(4).toString("hex");
const outage = { from: new Date(), until: new Date() };
/** Of customers in the buckets that move, in others of the two shards, and at a shard that has no part in it. */
let writers: { readonly moving: SteadyLoad; readonly beside: SteadyLoad; readonly apart: SteadyLoad };
let reader: Reader;

async function writersOf(name: string, share: number, ranges: readonly Buckets[]): Promise<SteadyLoad> {
  const tokens = await Promise.all(ranges.map((range) => tokensIn(inject("dataDir"), range, 64)));
  const { gatewayUrl } = state;
  return startSteadyLoad({
    origin: gatewayUrl,
    tokens: tokens.flat(),
    perSecond: perSecond * share,
    runId: `${name}-${runId}`,
  });
}

/** Waits until orders of the moving buckets are accepted that were placed after now. */
async function writesGoOn(): Promise<void> {
  const enough = writers.moving.accepted.length + writers.moving.unanswered + perSecond / 4;
  await vi.waitFor(() => expect(writers.moving.accepted.length).toBeGreaterThanOrEqual(enough), {
    timeout: 20_000,
    interval: 20,
  });
}

beforeAll(async () => {
  writers = {
    moving: await writersOf("moving", 1 / 2, [moving]),
    beside: await writersOf("beside", 1 / 4, [
      { first: moving.last + 1, last: 1023 },
      { first: 2048, last: 3071 },
    ]),
    apart: await writersOf("apart", 1 / 4, [{ first: 1024, last: 2047 }]),
  };
  reader = startReader(writers.moving.accepted);
  await writesGoOn();
  await calm();
});

afterAll(async () => {
  await reader?.stop();
  await Promise.all(Object.values(writers ?? {}).map((load) => load.finish(0)));
});

/** Waits until no order waits for long, so that what is measured from then on has the move as its cause. */
async function calm(): Promise<void> {
  lapBoth();
  await vi.waitFor(() => expect(Math.max(...lapBoth())).toBeLessThan(calmMs), { timeout: 60_000, interval: 1_000 });
}

/** Milliseconds that the slowest write of a moving bucket waited, and the one at the shard that has no part in the move. */
type Waits = [moving: number, apart: number];

/** Since the last call. */
const lapBoth = (): Waits => [writers.moving.lap().slowestMs, writers.apart.lap().slowestMs];

/**
 * Does a part of the move and returns the longest that writes waited. None may be refused. What writes at a
 * shard without a part in it waited too is not the move's, but the machine's.
 */
async function longestWaits(work: () => Promise<void>): Promise<Waits> {
  const retriedBefore = { ...writers.moving.retried };
  lapBoth();
  await work();
  await writesGoOn();
  expect(writers.moving.retried).toEqual(retriedBefore);
  return lapBoth();
}

/** Kills the only order process, and waits until it takes orders again and no order of the outage is left. */
async function killOrderProcess(): Promise<void> {
  reader.outage = true;
  outage.from = new Date();
  await signal("order", "SIGKILL");
  await writesGoOn();
  await calm();
  outage.until = new Date();
  reader.outage = false;
}

it("512 buckets move under load while their mover is killed at each step and an order process once", {
  timeout: 240_000,
}, async ({ annotate }) => {
  const waits: Record<string, Waits> = {};
  for (const step of steps) {
    // Nobody resumes it before writes go on: what it has left is put right by those who want to write.
    waits[step] = await longestWaits(() => killMoverAt(step, buckets, target));
    expect(reader.failures).toEqual([]);
    if (step === "copy") await Promise.all([killMoverAt("catch-up", buckets, target), killOrderProcess()]);
  }
  let moved: Moved | undefined;
  waits["none"] = await longestWaits(async () => {
    moved = await move(buckets, target);
  });

  await Promise.all([...Object.values(writers).map((load) => load.finish(20_000)), reader.stop()]);
  await annotate(
    `writes of moving buckets, and at another shard, waited, by the step of the kill: ${JSON.stringify(waits)} ms`,
  );
  await annotate(`the mover: ${JSON.stringify({ ...moved, buckets: moved?.buckets.length })}`);
  await annotate(`${reader.reads} reads, slowest ${reader.slowestMs} ms, ${JSON.stringify(reader.duringOutage)}`);
  const pauses = Object.values(waits).map(([moving, apart]) => moving - apart);
  expect(Math.max(...pauses)).toBeLessThan(longestPauseMs);
  expect(reader.failures).toEqual([]);
  expect(reader.reads).toBeGreaterThan(500);
  expect(moved?.buckets).toHaveLength(512);

  for (const [name, load] of Object.entries(writers)) {
    const conclusion = await conclude({
      state: stackState,
      load,
      runId: `${name}-${runId}`,
      outages: [outage],
      finalTimeoutMs: 60_000,
      progress: createProgress(process.stderr),
    });
    expect(lossesOf(conclusion)).toEqual([]);
  }
});

it("the spread shows them where they are now", async () => {
  const { code, said } = await runCommand(inject("dataDir"), "shards", "show", "--json");
  expect(code).toBe(0);
  const spread: { shards: { shard: string; buckets: number[] }[]; unfinished: unknown[]; ownerless: unknown[] } =
    JSON.parse(said);
  const counts = Object.fromEntries(spread.shards.map(({ shard, buckets: owned }) => [shard, owned.length]));
  expect(counts).toEqual({ "shard-1": 512, "shard-2": 1024, "shard-3": 1536, "shard-4": 1024 });
  expect(spread.unfinished).toEqual([]);
  expect(spread.ownerless).toEqual([]);
});
