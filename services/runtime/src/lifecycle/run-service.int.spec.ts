import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

function start(behaviour: string, env: Record<string, string> = {}, ipc = false) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "sample-service.ts"), behaviour], {
    env: { ...process.env, ORDERMESH_INSTANCE: "sample-1", ...env },
    stdio: ["ignore", "pipe", "inherit", ...(ipc ? (["ipc"] as const) : [])],
  });
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += String(chunk);
  });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  return { child: child as ChildProcess, exited, output: () => output };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s stops the service and exits with 0", async (signal) => {
  const { child, exited, output } = start("");
  await expect.poll(output, { timeout: 10_000 }).toContain('"started"');
  child.kill(signal);
  expect(await exited).toBe(0);
  expect(output()).toContain('"stopped"');
});

test("losing the parent's channel stops the service", async () => {
  const { child, exited, output } = start("", {}, true);
  await expect.poll(output, { timeout: 10_000 }).toContain('"started"');
  child.disconnect();
  expect(await exited).toBe(0);
});

test("a signal while starting aborts the start", async () => {
  const { child, exited, output } = start("starts for ever");
  await expect.poll(output, { timeout: 10_000 }).toContain('"starting"');
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
});

test.each([
  ["fails to start", "no database"],
  ["throws later", "a bug"],
])("a service that %s logs it and exits with 1", async (behaviour, message) => {
  const { exited, output } = start(behaviour);
  expect(await exited).toBe(1);
  expect(output()).toContain(message);
});

test.each(["never stops", "fails to stop"])("a service that %s exits with 1", async (behaviour) => {
  const { child, exited, output } = start(behaviour, { ORDERMESH_SHUTDOWN_TIMEOUT_MS: "200" });
  await expect.poll(output, { timeout: 10_000 }).toContain('"started"');
  child.kill("SIGTERM");
  expect(await exited).toBe(1);
});

test("a fault of the configuration is logged with all variables and exits with 1", async () => {
  const { exited, output } = start("", { ORDERMESH_INSTANCE: "Not Good", ORDERMESH_LOG_LEVEL: "loud" });
  expect(await exited).toBe(1);
  expect(output()).toContain("ORDERMESH_INSTANCE: given");
  expect(output()).toContain("ORDERMESH_LOG_LEVEL: given");
});
