import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type EmbeddedPostgres, findFreePort, isAlive, startEmbeddedPostgres } from "./index.ts";
import { withClient } from "./provision.ts";

let folder: string;
let dataDir: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordermesh-embedded-"));
  await chmod(folder, 0o711);
  dataDir = join(folder, "postgres");
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(port = 0): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, port, superPassword: "first password" });
  started.push(server);
  return server;
}

// A supervisor of its own process, so that it can be killed.
async function startInChild(): Promise<{ child: ChildProcess; pid: number }> {
  const script = join(folder, "supervisor.mjs");
  const module = new URL("./index.ts", import.meta.url).href;
  await writeFile(
    script,
    `import { startEmbeddedPostgres } from ${JSON.stringify(module)};
     const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, port: 0, superPassword: "first password" });
     process.stdout.write(String(server.pid));
     setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  return { child, pid: Number(text.toString()) };
}

test("a role owns its database only, by scram password, and data survives a restart", async () => {
  const first = await start();
  const role = { name: "shop", password: "p@ss/word" };
  await first.createRole(role);
  await first.createDatabase("shop", "shop");
  await first.createDatabase("other");
  const client = new pg.Client({ connectionString: first.url("shop", role) });
  await client.connect();
  await client.query("CREATE TABLE item AS SELECT 7 AS id");
  await client.end();
  const stranger = new pg.Client({ connectionString: first.url("other", role) });
  await expect(stranger.connect()).rejects.toThrow(/permission denied/);
  const wrong = new pg.Client({ connectionString: first.url("shop", { name: "shop", password: "guess" }) });
  await expect(wrong.connect()).rejects.toThrow(/password authentication failed/);
  const stored = await first.administer((c) => c.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'shop'"));
  expect(stored.rows[0].rolpassword).toMatch(/^SCRAM-SHA-256/);
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);

  const second = await start();
  const rows = await second.administer((c) => c.query("SELECT id FROM item"), "shop");
  expect(rows.rows).toEqual([{ id: 7 }]);
});

test("the server listens on 127.0.0.1 and in its own private folder only, and keeps its commits durable", async () => {
  const server = await start();
  const settings = await server.administer((client) =>
    client.query("SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name", [
      ["listen_addresses", "unix_socket_directories", "fsync", "synchronous_commit", "wal_level"],
    ]),
  );
  expect(Object.fromEntries(settings.rows.map((row) => [row.name, row.setting]))).toEqual({
    fsync: "on",
    listen_addresses: "127.0.0.1",
    synchronous_commit: "on",
    unix_socket_directories: dataDir,
    wal_level: "minimal",
  });
  expect((await stat(dataDir)).mode & 0o077).toBe(0);
});

test("the socket takes the same passwords as TCP", async () => {
  const server = await start();
  await server.createRole({ name: "shop", password: "right" });
  const answer = (password: string) =>
    withClient(server.socketUrl("postgres", { name: "shop", password }), (client) => client.query("SELECT 1 AS one"));
  expect((await answer("right")).rows).toEqual([{ one: 1 }]);
  await expect(answer("wrong")).rejects.toMatchObject({ code: "28P01" });
});

test("the server ends when its supervisor is killed outright", async () => {
  const { child, pid } = await startInChild();
  expect(isAlive(pid)).toBe(true);
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 15_000, interval: 50 });
});

test("a start right after a killed supervisor takes over its data folder", async () => {
  const { child } = await startInChild();
  child.kill("SIGKILL");
  const server = await start();
  const answer = await server.administer((client) => client.query("SELECT 1 AS one"));
  expect(answer.rows).toEqual([{ one: 1 }]);
});

test("a start after the server itself was killed recovers", async () => {
  const first = await start();
  await first.administer((client) => client.query("CREATE TABLE kept AS SELECT 1 AS id"));
  process.kill(first.pid, "SIGKILL");
  expect(await first.exited).toEqual({ code: null, signal: "SIGKILL" });
  const second = await start(first.port);
  const rows = await second.administer((client) => client.query("SELECT id FROM kept"));
  expect(rows.rowCount).toBe(1);
});

test("a stale pid file whose number belongs to another program does not hinder the start", async () => {
  const first = await start();
  const pidFile = await readFile(join(dataDir, "postmaster.pid"), "utf8");
  await first.stop();
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
  children.push(stranger);
  await writeFile(join(dataDir, "postmaster.pid"), pidFile.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 });
  await start();
  expect(isAlive(stranger.pid ?? 0)).toBe(true);
});

test("a taken port is reported as such", async () => {
  const port = await findFreePort();
  const { createServer } = await import("node:net");
  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  await expect(start(port)).rejects.toMatchObject({ name: "PostgresStartError", portTaken: true });
  taken.close();
});
