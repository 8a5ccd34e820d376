import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findRedis, type RedisOptions, startRedis } from "./index.ts";
import { ask } from "./testing/ask.ts";

const users = [
  { name: "tools", password: "p@ss:word", rules: ["~*", "&*", "+@all"] },
  { name: "order", password: "order", rules: ["~ordermesh:index:*", "+get", "+set"] },
];

async function options(more: Partial<RedisOptions> = {}): Promise<RedisOptions> {
  const [port = 0] = await findFreePorts(1);
  return { program: await findRedis(), folder: await temporaryFolder(), port, users, ...more };
}

async function start(given: RedisOptions) {
  const redis = await startRedis(given);
  onTestFinished(() => redis.stop());
  return redis;
}

test("each user may do what its rules say, and nobody else gets in", async () => {
  const redis = await start(await options());
  // A password is written into the URL so that any client reads it back; here it goes onto a command line.
  expect(decodeURIComponent(new URL(redis.url("tools")).password)).toBe("p@ss:word");
  const set = "SET ordermesh:index:a 1";
  expect(await ask(redis.url("order"), set, "GET ordermesh:index:a")).toEqual(["+OK", "$1", "1"]);
  const [otherKey, otherCommand] = await ask(redis.url("order"), "SET ordermesh:limit:a 1", "FLUSHALL");
  expect(otherKey).toMatch(/^-NOPERM/);
  expect(otherCommand).toMatch(/^-NOPERM/);
  const [unnamed] = await ask(`redis://127.0.0.1:${redis.port}`, set);
  expect(unnamed).toMatch(/^-NOAUTH/);
  expect(() => redis.url("nobody")).toThrow(RangeError);
});

test("nothing survives the end, on the same port and folder it is there again", async () => {
  const given = await options();
  const first = await start(given);
  await ask(first.url("order"), "SET ordermesh:index:a 1");
  await first.stop();
  expect(await first.exited).toEqual({ code: 0, signal: null });
  const second = await start(given);
  expect(await ask(second.url("order"), "GET ordermesh:index:a")).toEqual(["$-1"]);
  second.kill("SIGKILL");
  expect(await second.exited).toEqual({ code: null, signal: "SIGKILL" });
  await start(given);
});

test("one that was stopped by a signal still ends when it is asked to", async () => {
  const redis = await start(await options());
  redis.kill("SIGSTOP");
  await redis.stop();
  expect(await redis.exited).toEqual({ code: 0, signal: null });
});

test("full, it lets go of what ends soonest and keeps what has no end", async () => {
  const redis = await start(
    await options({ maxMemoryMb: 8, users: [{ name: "t", password: "t", rules: ["~*", "+@all"] }] }),
  );
  const value = "x".repeat(64 * 1024);
  const ending = Array.from({ length: 300 }, (_, index) => `SET k${index} ${value} EX ${1000 + index}`);
  const answers = await ask(redis.url("t"), "SET kept 1", ...ending, "EXISTS kept k0 k299");
  expect(answers.filter((answer) => answer.startsWith("-"))).toEqual([]);
  expect(answers.at(-1)).toBe(":2");
});

test("its files are for the owner's eyes only, without passwords, and it listens on 127.0.0.1 alone", async () => {
  const given = await options();
  const redis = await start(given);
  for (const file of ["redis.conf", "users.acl", "pid"]) {
    expect((await stat(join(given.folder, file))).mode & 0o077, file).toBe(0);
    expect(await readFile(join(given.folder, file), "utf8")).not.toContain("p@ss:word");
  }
  const elsewhere = connect({ host: "127.0.0.2", port: redis.port });
  onTestFinished(() => void elsewhere.destroy());
  await expect(once(elsewhere, "connect")).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/);
});

test("a taken port is reported with the port", async () => {
  const given = await options();
  const other = createServer().listen(given.port, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const refusal = startRedis(given);
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "REDIS_PORT_TAKEN" });
  await expect(refusal).rejects.toThrow(`127.0.0.1:${given.port}`);
});

test("a rule that Redis refuses is reported in its words", async () => {
  const refusal = startRedis(await options({ users: [{ name: "order", password: "x", rules: ["+nonsense"] }] }));
  await expect(refusal).rejects.toMatchObject({ code: "REDIS_START_FAILED" });
  await expect(refusal).rejects.toThrow(/Unknown command or category name in ACL/);
});

test("a program that cannot be run, and one that ends, are reported", async () => {
  const folder = await temporaryFolder();
  const refusal = startRedis(await options({ program: join(folder, "missing") }));
  await expect(refusal).rejects.toMatchObject({ code: "REDIS_START_FAILED" });
  await expect(refusal).rejects.toThrow(/missing cannot be run/);
  const ending = await fakeProgram(folder, "ending", "echo no memory; exit 3");
  await expect(startRedis(await options({ program: ending }))).rejects.toThrow("(exit code 3): no memory");
});

test("a start that is called off leaves nothing running", async () => {
  const folder = await temporaryFolder();
  const marker = join(folder, "lives");
  const silent = await fakeProgram(folder, "silent", `echo $$ > '${marker}'; exec sleep 60`);
  const reason = new Error("told to stop");
  const calling = new AbortController();
  const starting = startRedis(await options({ program: silent, signal: calling.signal }));
  const refused = expect(starting).rejects.toBe(reason);
  await expect.poll(() => readFile(marker, "utf8").catch(() => "")).not.toBe("");
  calling.abort(reason);
  await refused;
  const pid = Number(await readFile(marker, "utf8"));
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
