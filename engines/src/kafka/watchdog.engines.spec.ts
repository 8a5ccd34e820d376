import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startKafkaCluster } from "./index.ts";
import { connectTo, withAdmin } from "./testing/kafka-client.ts";

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

// A supervisor of its own process, so that it can be killed.
async function startInChild(dataDir: string) {
  const script = join(await temporaryFolder(), "supervisor.mjs");
  const module = new URL("./index.ts", import.meta.url).href;
  await writeFile(
    script,
    `import { startKafkaCluster } from ${JSON.stringify(module)};
     const cluster = await startKafkaCluster({ dataDir: ${JSON.stringify(dataDir)} });
     process.stdout.write(String(cluster.pidOf("kafka-1")));`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  const [text] = (await once(supervisor.stdout, "data")) as [Buffer];
  return { supervisor, pid: Number(text.toString()) };
}

test.each(["running", "stopped by a signal"])(
  "a broker that is %s ends when its supervisor is killed",
  async (state) => {
    const { supervisor, pid } = await startInChild(await temporaryFolder());
    expect(isAlive(pid)).toBe(true);
    if (state !== "running") process.kill(pid, "SIGSTOP");
    supervisor.kill("SIGKILL");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 30_000, interval: 50 });
  },
);

test("a start right after a killed supervisor takes over its data folder", async () => {
  const dataDir = await temporaryFolder();
  const { supervisor, pid } = await startInChild(dataDir);
  supervisor.kill("SIGKILL");
  const cluster = await startKafkaCluster({ dataDir });
  onTestFinished(() => cluster.stop());
  expect(isAlive(pid)).toBe(false);
  expect(cluster.pidOf("kafka-1")).not.toBe(pid);
  await withAdmin(connectTo(cluster.addresses), (admin) => admin.describeCluster());
});
