import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { installEnvoy, startEnvoy } from "./index.ts";
import { isAlive, processesWith } from "./testing/processes.ts";

// A supervisor of its own process, so that it can be killed.
async function startInChild(folder: string) {
  const script = join(folder, "supervisor.mjs");
  const module = new URL("./index.ts", import.meta.url).href;
  await writeFile(
    script,
    `import { installEnvoy, startEnvoy } from ${JSON.stringify(module)};
     const installation = await installEnvoy();
     const envoy = await startEnvoy({ installation, name: "a", bootstrap: {}, folder: ${JSON.stringify(folder)} });
     process.stdout.write(JSON.stringify({ pid: envoy.pid, adminPort: Number(envoy.adminAddress.split(":")[1]) }));`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  const [text] = (await once(supervisor.stdout, "data")) as [Buffer];
  return { supervisor, ...(JSON.parse(text.toString()) as { pid: number; adminPort: number }) };
}

test.each(["running", "stopped by a signal"])(
  "an Envoy that is %s ends when its supervisor is killed, and so does its watchdog",
  async (state) => {
    const folder = await temporaryFolder();
    const { supervisor, pid } = await startInChild(folder);
    expect(isAlive(pid)).toBe(true);
    if (state !== "running") process.kill(pid, "SIGSTOP");
    supervisor.kill("SIGKILL");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000, interval: 50 });
    const watchdogs = () => processesWith(`ordermesh-envoy-watchdog ${pid} `);
    await vi.waitFor(async () => expect(await watchdogs()).toEqual([]), { timeout: 20_000, interval: 50 });
    expect(await processesWith(folder)).toEqual([]);
  },
);

test("a start right after a killed supervisor takes over its folder and its ports", async () => {
  const folder = await temporaryFolder();
  const { supervisor, pid, adminPort } = await startInChild(folder);
  supervisor.kill("SIGKILL");
  const envoy = await startEnvoy({ installation: await installEnvoy(), name: "a", bootstrap: {}, folder, adminPort });
  onTestFinished(() => envoy.stop());
  expect(envoy.pid).not.toBe(pid);
  expect(envoy.adminAddress).toBe(`127.0.0.1:${adminPort}`);
  expect(await processesWith(folder)).toEqual([expect.stringMatching(new RegExp(`^\\s*${envoy.pid} `))]);
});
