import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { resetDataFolder } from "./data-folder/folder.ts";
import { readStackState, type Stack } from "./index.ts";
import { createStackFixture, type StackFixture } from "./testing/fake-stack.ts";

// One running stack for all tests of this file; the last one stops it.
let fixture: StackFixture;
let stack: Stack;

beforeAll(async () => {
  fixture = await createStackFixture();
  stack = await fixture.start({ replicas: { order: 2 }, env: { FAKE_STOP_LOG: join(fixture.folder, "stops") } });
});

afterAll(() => fixture.remove());

const processNamed = (name: string) => stack.state().processes.find((one) => one.name === name);

async function query(url: string | undefined, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url ?? "" });
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

test("every process is in the state file, which only its owner reads", async () => {
  const state = await readStackState(fixture.dataDir);
  expect(state).toEqual(stack.state());
  expect(state?.processes.map((one) => one.name)).toEqual([
    "gateway-1",
    "order-1",
    "order-2",
    "payment-1",
    "inventory-1",
    "notification-1",
    "postgres",
  ]);
  for (const file of ["stack.json", "secrets.json", "signing-key.json", "service-token"]) {
    expect((await stat(join(fixture.dataDir, file))).mode & 0o777).toBe(0o600);
  }
});

test("a service's role reaches its own database and the event log only, and acts in the log as its owner", async () => {
  await query(processNamed("order-1")?.eventLogUrl, "CREATE TABLE shared AS SELECT 1 AS id");
  const deleted = await query(processNamed("inventory-1")?.eventLogUrl, "DELETE FROM shared RETURNING id");
  expect(deleted).toEqual([{ id: 1 }]);
  const foreign = new URL(stack.state().databases.shards[0]?.url ?? "");
  foreign.pathname = "/ordermesh_inventory";
  await expect(query(foreign.href, "SELECT 1")).rejects.toThrow(/permission denied/);
});

test("a killed service is started again on its addresses, and the log and the state say so", async () => {
  const before = processNamed("order-1");
  expect(stack.kill("order-1", "SIGKILL")).toBe(true);
  await vi.waitFor(
    async () => {
      const state = await readStackState(fixture.dataDir);
      const now = state?.processes.find((one) => one.name === "order-1");
      expect(now).toEqual({ ...before, pid: expect.any(Number) });
      expect(now?.pid).not.toBe(before?.pid);
      expect((await fetch(`http://${now?.health}/readyz`)).status).toBe(200);
    },
    { timeout: 10_000 },
  );
  const said = fixture.lines.filter((line) => line.source === "stack").map((line) => line.message);
  expect(said).toEqual(["order-1 died", "order-1 is started again"]);
});

test("a service that is held stays down until it is released", async () => {
  const pids = { held: processNamed("order-2")?.pid, other: processNamed("order-1")?.pid };
  expect(stack.hold("order-2")).toBe(true);
  await vi.waitFor(() => expect(processNamed("order-2")).toBeUndefined(), { timeout: 10_000 });
  expect(stack.hold("order-2")).toBe(false);
  // One that dies meanwhile is started again.
  stack.kill("order-1", "SIGKILL");
  const isAnother = (name: string, pid?: number): void =>
    expect([undefined, pid]).not.toContain(processNamed(name)?.pid);
  await vi.waitFor(() => isAnother("order-1", pids.other), { timeout: 10_000 });
  expect(processNamed("order-2")).toBeUndefined();
  stack.release("order-2");
  await vi.waitFor(() => isAnother("order-2", pids.held), { timeout: 10_000 });
});

test("a killed PostgreSQL is started again with its data", async () => {
  const [order] = stack.state().databases.shards.map(({ url }) => url);
  await query(order, "CREATE TABLE kept AS SELECT 42 AS id");
  const before = processNamed("postgres")?.pid;
  stack.kill("postgres", "SIGKILL");
  await vi.waitFor(
    async () => {
      expect(processNamed("postgres")?.pid).not.toBe(before);
      expect(await query(order, "SELECT id FROM kept")).toEqual([{ id: 42 }]);
    },
    { timeout: 15_000 },
  );
  expect(fixture.lines.map((line) => line.message)).toContain("postgres is started again");
});

test("a second start and a reset on the same data are refused and do not disturb the first", async () => {
  const refused = { code: "ALREADY_RUNNING", message: expect.stringContaining(stack.state().gatewayUrl) };
  await expect(fixture.start()).rejects.toMatchObject(refused);
  await expect(resetDataFolder(fixture.dataDir)).rejects.toMatchObject(refused);
  expect(stack.state().processes.every((one) => isAlive(one.pid))).toBe(true);
});

test("stopping goes from the gateway to the services to PostgreSQL, and leaves nothing", async () => {
  const { processes } = stack.state();
  await stack.stop();
  const told = (await readFile(join(fixture.folder, "stops"), "utf8")).trim().split("\n");
  expect(told[0]).toBe("gateway-1");
  expect(told.slice(1).toSorted()).toEqual(["inventory-1", "notification-1", "order-1", "order-2", "payment-1"]);
  expect(processes.filter((one) => isAlive(one.pid))).toEqual([]);
  expect(await readStackState(fixture.dataDir)).toBeUndefined();
  await expect(stat(join(fixture.dataDir, "stack.json"))).rejects.toThrow(/ENOENT/);
});
