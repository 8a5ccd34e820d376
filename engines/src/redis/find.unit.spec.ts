import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findRedis, parseRedisVersion } from "./find.ts";

const fakeRedis = (folder: string, says: string) => fakeProgram(folder, "redis-server", `echo '${says}'`);

test.each([
  ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", { major: 7, minor: 0 }],
  ["Redis server v=6.2.6 sha=0", { major: 6, minor: 2 }],
  ["Redis server v=255.255.255 sha=0", { major: 255, minor: 255 }],
  ["Command failed: exec format error", undefined],
])("%s is release %o", (output, release) => {
  expect(parseRedisVersion(output)).toEqual(release);
});

test.each(["6.2.0", "7.4.1", "8.0.0"])("release %s of the PATH is taken", async (version) => {
  const folder = await temporaryFolder();
  const program = await fakeRedis(folder, `Redis server v=${version} sha=0`);
  expect(await findRedis({ PATH: folder })).toBe(program);
});

test("without redis-server the error says what to install", async () => {
  const refusal = findRedis({ PATH: await temporaryFolder() });
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "REDIS_NOT_FOUND" });
  await expect(refusal).rejects.toThrow(/no redis-server on PATH.*apt-get install redis-server/);
});

test.each(["6.0.16", "5.0.3"])("release %s is too old, and named with its place", async (version) => {
  const folder = await temporaryFolder();
  await fakeRedis(folder, `Redis server v=${version} sha=0`);
  const refusal = findRedis({ PATH: folder });
  await expect(refusal).rejects.toMatchObject({ code: "REDIS_TOO_OLD" });
  await expect(refusal).rejects.toThrow(`${join(folder, "redis-server")} is ${version.split(".", 2).join(".")}`);
});

test("a program that cannot say its version is reported with what it said", async () => {
  const folder = await temporaryFolder();
  await fakeRedis(folder, "hello");
  await expect(findRedis({ PATH: folder })).rejects.toThrow("not usable: hello");
});
