import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createTokenVerifier } from "@ordermesh/runtime/auth";
import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { resetDataFolder } from "./data-folder/folder.ts";
import { audience, issuer } from "./data-folder/identity.ts";
import { readStackState } from "./index.ts";
import { createStackFixture, fakeOptions, type StackFixture } from "./testing/fake-stack.ts";

let fixture: StackFixture;
const children: ChildProcess[] = [];

beforeEach(async () => {
  fixture = await createStackFixture();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await fixture.remove();
});

test("passwords and keys survive a restart, and so does the worth of a token; reset clears them", async () => {
  const { dataDir } = fixture;
  const first = await fixture.start();
  const { databases, customerToken } = first.state();
  await first.stop();
  const second = await fixture.start();
  const withoutPort = (url: string): string => url.replace(/:\d+\//, "/");
  expect(withoutPort(second.state().databases.payment)).toBe(withoutPort(databases.payment));
  const verifier = createTokenVerifier({ jwksFile: join(dataDir, "jwks.json"), issuer, audience });
  const caller = await verifier.verify(customerToken);
  expect(caller.operator).toBe(false);
  expect((await verifier.verify(second.state().operatorToken)).operator).toBe(true);
  await second.stop();
  expect(await resetDataFolder(dataDir)).toBe(true);
  await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
  expect(await resetDataFolder(dataDir)).toBe(false);
});

test("a taken port is named", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const refused = { code: "PORT_TAKEN", message: expect.stringContaining(String(port)) };
  await expect(fixture.start({ port })).rejects.toMatchObject(refused);
  taken.close();
});

test("a folder with other things in it is neither used nor cleared", async () => {
  const dataDir = join(fixture.folder, "papers");
  await mkdir(dataDir);
  await writeFile(join(dataDir, "thesis.txt"), "mine");
  await expect(fixture.start({ dataDir })).rejects.toMatchObject({ code: "DATA_FOREIGN" });
  await expect(resetDataFolder(dataDir)).rejects.toMatchObject({ code: "DATA_FOREIGN" });
  expect(await readFile(join(dataDir, "thesis.txt"), "utf8")).toBe("mine");
});

test("a folder that cannot be made is named", async () => {
  await writeFile(join(fixture.folder, "file"), "");
  const dataDir = join(fixture.folder, "file", "data");
  const refused = { code: "DATA_NOT_WRITABLE", message: expect.stringContaining(dataDir) };
  await expect(fixture.start({ dataDir })).rejects.toMatchObject(refused);
});

test("a service that cannot start fails the start with its own reason, and the folder is free again", async () => {
  const refused = { code: "NOT_READY", message: expect.stringMatching(/payment-1.*no such thing/s) };
  await expect(fixture.start({ env: { FAKE_FAULT: "payment-1" } })).rejects.toMatchObject(refused);
  expect(await resetDataFolder(fixture.dataDir)).toBe(true);
});

test("a start that is given up leaves nothing", async () => {
  const giveUp = new AbortController();
  const start = fixture.start({
    signal: giveUp.signal,
    runPhase: (title, work) => {
      if (title === "Services") giveUp.abort();
      return work(() => undefined);
    },
  });
  await expect(start).rejects.toThrow(/abort/i);
  expect(await resetDataFolder(fixture.dataDir)).toBe(true);
});

test("when the supervisor is killed outright its processes end, and the state it left is not believed", async () => {
  const { dataDir, folder } = fixture;
  const script = join(folder, "supervisor.mjs");
  const module = JSON.stringify(new URL("./index.ts", import.meta.url).href);
  const options = JSON.stringify({ ...fakeOptions, dataDir });
  await writeFile(
    script,
    `import { startStack } from ${module}; await startStack(${options}); process.stdout.write("up");`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(supervisor);
  await once(supervisor.stdout, "data");
  const state = await readStackState(dataDir);
  expect(state?.pid).toBe(supervisor.pid);
  const pids = state?.processes.map((one) => one.pid) ?? [];
  expect(pids).toHaveLength(6);
  supervisor.kill("SIGKILL");
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 20_000, interval: 50 });
  expect(await readStackState(dataDir)).toBeUndefined();
  const again = await fixture.start();
  expect(again.state().processes.every((one) => isAlive(one.pid))).toBe(true);
});
