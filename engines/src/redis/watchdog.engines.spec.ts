import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findRedis, type RedisOptions, startRedis } from "./index.ts";
import { ask } from "./testing/ask.ts";

const users = [{ name: "tools", password: "tools", rules: ["~*", "+@all"] }];

async function options(): Promise<RedisOptions> {
  const [port = 0] = await findFreePorts(1);
  return { program: await findRedis(), folder: await temporaryFolder(), port, users };
}

// A supervisor of its own process, so that it can be killed.
async function startInChild(given: RedisOptions) {
  const script = join(await temporaryFolder(), "supervisor.mjs");
  const module = new URL("./index.ts", import.meta.url).href;
  await writeFile(
    script,
    `import { startRedis } from ${JSON.stringify(module)};
     const redis = await startRedis(${JSON.stringify(given)});
     process.stdout.write(String(redis.pid));`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  const [text] = (await once(supervisor.stdout, "data")) as [Buffer];
  return { supervisor, pid: Number(text.toString()) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

test.each(["running", "stopped by a signal"])(
  "a Redis that is %s ends when its supervisor is killed",
  async (state) => {
    const { supervisor, pid } = await startInChild(await options());
    expect(isAlive(pid)).toBe(true);
    if (state !== "running") process.kill(pid, "SIGSTOP");
    supervisor.kill("SIGKILL");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000, interval: 50 });
  },
);

test("a start right after a killed supervisor takes over its folder and port", async () => {
  const given = await options();
  const { supervisor, pid } = await startInChild(given);
  supervisor.kill("SIGKILL");
  const redis = await startRedis(given);
  onTestFinished(() => redis.stop());
  expect(redis.pid).not.toBe(pid);
  // Ended before, for the port was free; who inherits it from the killed supervisor may not have noticed yet.
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000, interval: 50 });
  expect(await ask(redis.url("tools"), "PING")).toEqual(["+PONG"]);
});
