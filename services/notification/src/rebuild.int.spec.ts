// The program as a process: what it prints, how it ends, and what is left when it is killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openRebuildBench, orderEvents, type RebuildBench } from "./rebuild/testing/rebuild-bench.ts";

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** A bench whose store holds the messages of three orders. */
async function openFilled(): Promise<RebuildBench> {
  const bench = await openRebuildBench();
  onTestFinished(() => bench.close());
  await bench.log.append(Array.from({ length: 3 }, () => orderEvents()).flat());
  const consumer = await bench.startConsumer();
  await bench.drained();
  await consumer.stop();
  return bench;
}

function run(bench: RebuildBench, ...args: string[]): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, "rebuild.ts"), ...args], {
    env: {
      ORDERMESH_INSTANCE: "notification-1",
      ORDERMESH_DATABASE_URL: bench.url,
      ORDERMESH_EVENT_LOG_URL: bench.logUrl,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.on("data", (chunk) => stdout.push(String(chunk)));
  child.stderr.on("data", (chunk) => stderr.push(String(chunk)));
  const ended = once(child, "close").then(([exitCode]) => ({
    exitCode,
    stdout: stdout.join(""),
    stderr: stderr.join(""),
  }));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended };
}

/** Keeps a rebuild before its swap: whoever reads the table holds off whoever would replace it. */
async function holdReader(bench: RebuildBench): Promise<() => Promise<void>> {
  const reader = bench.database.dedicatedClient("reader");
  await reader.connect();
  await reader.query("BEGIN; LOCK TABLE notification IN ACCESS SHARE MODE");
  return () => reader.end();
}

const fresh = async (bench: RebuildBench) =>
  (await bench.sql("SELECT count(*)::integer AS rows FROM notification_rebuild"))[0]?.["rows"];

test("it swaps the store and says what it did", async () => {
  const bench = await openFilled();
  await bench.sql("DELETE FROM notification WHERE kind = 2");
  const found = await run(bench, "--compare").ended;
  expect(found).toMatchObject({ exitCode: 1, stderr: "" });
  expect(found.stdout).toContain("notification: 9 messages compared: 0 only live, 3 only rebuilt, 0 differ\n");
  expect(found.stdout).toMatch(/order [0-9a-f-]{36} ORDER_CONFIRMED: only rebuilt\n/);

  const done = await run(bench).ended;
  expect(done).toMatchObject({ exitCode: 0, stderr: "" });
  expect(done.stdout).toMatch(/9 records read\n.*swapped in: 9 messages; writers waited at most \d+ ms\n$/s);
  expect(await bench.rows()).toHaveLength(9);
  expect(await run(bench, "--compare").ended).toMatchObject({ exitCode: 0 });
});

test("killed before its swap it leaves the live store, and the next one clears up after it", async () => {
  const bench = await openFilled();
  const before = await bench.rows();
  const release = await holdReader(bench);
  onTestFinished(release);
  const first = run(bench);
  await vi.waitFor(async () => expect(await fresh(bench)).toBe(9), { timeout: 20_000 });

  const second = await run(bench).ended;
  expect(second).toMatchObject({ exitCode: 1, stdout: "" });
  expect(second.stderr).toMatch(/^REBUILD_RUNNING: another rebuild/);

  first.child.kill("SIGKILL");
  await first.ended;
  expect(await fresh(bench)).toBe(9);
  expect(await bench.rows()).toEqual(before);

  await release();
  // The server may notice a moment later that the killed one is gone.
  await vi.waitFor(async () => expect((await run(bench).ended).exitCode).toBe(0), { timeout: 20_000, interval: 200 });
  expect(await bench.rows()).toEqual(before);
  expect(await bench.sql("SELECT 1 FROM pg_class WHERE relname LIKE '%rebuild%'")).toEqual([]);
});

test("told to stop it leaves nothing behind", async () => {
  const bench = await openFilled();
  const before = await bench.rows();
  onTestFinished(await holdReader(bench));
  const rebuild = run(bench);
  await vi.waitFor(async () => expect(await fresh(bench)).toBe(9), { timeout: 20_000 });
  rebuild.child.kill("SIGTERM");
  const { exitCode, stderr } = await rebuild.ended;
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: "ended by SIGTERM; the live store was left as it is\n",
  });
  expect(await bench.rows()).toEqual(before);
  expect(await bench.sql("SELECT 1 FROM pg_class WHERE relname LIKE '%rebuild%'")).toEqual([]);
});

test("it says which words it does not know, and which variable is missing, and what is away", async () => {
  const bench = await openRebuildBench();
  onTestFinished(() => bench.close());
  expect(await run(bench, "--fast").ended).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("REBUILD_USAGE: Unknown option '--fast'"),
  });
  expect(await run({ ...bench, url: "" }).ended).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("ORDERMESH_DATABASE_URL: not set"),
  });
  expect(await run({ ...bench, url: "postgres://nobody@127.0.0.1:1/nothing" }).ended).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("STORE_AWAY: the database or the event log could not be reached"),
  });
  expect(await run(bench, "--help").ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("--compare") });
});
