import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openDatabase } from "../../database/index.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../embedded-postgres/index.ts";
import { createLogger } from "../../logging/index.ts";
import { createTestDatabase } from "../../testing/index.ts";
import { spawnMember } from "../contract/spawn-member.ts";
import { type EventLogHarness, runEventLogContract } from "../contract.ts";
import { openEventLog } from "../open.ts";
import { pruneLog } from "./retention.ts";

runEventLogContract("embedded", startHarness);

const logger = createLogger({ name: "event-log", instance: "spec", level: "fatal" });

async function openOnTestDatabase(clientId: string) {
  const database = await createTestDatabase("log");
  const options = { url: database.url, clientId };
  const log = await openEventLog({ ...options, logger });
  onTestFinished(async () => {
    await log.close();
    await database.drop();
  });
  return { log, options };
}

test("a process that is started again under its name need not wait for the lease of its predecessor", async () => {
  const { log, options } = await openOnTestDatabase("writer");
  const killed = await spawnMember({ ...options, clientId: "order-1" }, "group", "topic");
  await killed.kill();
  const again = await openEventLog({ ...options, clientId: "order-1", logger });
  const subscription = await again.subscribe({
    group: "group",
    topics: ["topic"],
    maxRecords: 9,
    handle: async () => {},
  });
  expect(subscription.assigned()).toHaveLength(4);
  await again.close();
  expect(await log.healthy()).toBe(true);
});

test("retention removes what is old and consumed by every group, never dead letters", async () => {
  const { log, options } = await openOnTestDatabase("writer");
  const state = openDatabase({ url: options.url, poolSize: 1, name: "prune", logger });
  onTestFinished(() => state.close());
  const record = (topic: string, key: string) => ({ topic, key, headers: {}, value: new Uint8Array([1]) });
  await log.append([record("topic", "a"), record("topic", "b"), record("topic.dlq", "a")]);
  await log.subscribe({
    group: "slow",
    topics: ["topic"],
    maxRecords: 9,
    handle: () => Promise.reject(new Error("no")),
  });
  expect(await pruneLog(state, 0)).toBe(0);

  await log.subscribe({ group: "slow", topics: ["topic"], maxRecords: 9, handle: async () => {} });
  await state.query({ name: "consume", text: "UPDATE log_offset SET next_offset = 2" });
  expect(await pruneLog(state, 60_000)).toBe(0);
  await vi.waitFor(async () => expect(await pruneLog(state, 0)).toBeGreaterThan(0));
  expect(await log.lag("other", ["topic", "topic.dlq"])).toBe(1n);
});

/** A PostgreSQL of its own, because the contract restarts it. */
async function startHarness(): Promise<EventLogHarness> {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-log-"));
  await chmod(folder, 0o711);
  const superPassword = randomBytes(18).toString("base64url");
  const dataDir = join(folder, "postgres");
  const start = (port: number) => startEmbeddedPostgres({ dataDir, port, superPassword });
  let postgres: EmbeddedPostgres = await start(0);
  const { port } = postgres;
  await postgres.createDatabase("log");
  const options = { url: postgres.url("log") };
  return {
    options,
    open: (clientId) => openEventLog({ ...options, clientId, logger }),
    async expireLeases(clientId) {
      const expire = "UPDATE log_member SET lease_expire_time = now() - interval '1 second' WHERE client_id = $1";
      await postgres.administer((client) => client.query(expire, [clientId]), "log");
    },
    async restartBroker() {
      // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, all connections cut, recovery at the next start.
      process.kill(postgres.pid, "SIGQUIT");
      await postgres.exited;
      postgres = await start(port);
    },
    async stop() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
