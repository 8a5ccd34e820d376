import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startGroup } from "./process-group.ts";

const run = promisify(execFile);

/** A program that starts another, which does not heed SIGTERM. */
async function stubborn(folder: string, first: string): Promise<string> {
  return fakeProgram(
    folder,
    "first",
    `(trap "" TERM; echo > '${folder}/ready'; while :; do sleep 0.1; done) &\n${first}`,
  );
}

const options = (file: string, folder: string, stopTimeoutMs = 5_000) =>
  ({ file, args: [], engine: "test", cwd: folder, env: process.env, stdio: "ignore", stopTimeoutMs }) as const;

/** The dead whom nobody has collected yet do not count. */
async function livesGroup(pid: number): Promise<boolean> {
  const { stdout } = await run("ps", ["-A", "-o", "pgid=,stat="]);
  return stdout.split("\n").some((line) => {
    const [group, state = ""] = line.trim().split(/\s+/);
    return Number(group) === pid && !state.startsWith("Z");
  });
}

const untilReady = (folder: string) => vi.waitFor(() => access(join(folder, "ready")), { timeout: 5_000 });

test("stopping the first process ends those that it started, heed they or not", async () => {
  const folder = await temporaryFolder();
  const { group } = await startGroup(options(await stubborn(folder, "wait"), folder));
  await untilReady(folder);
  await group.stop();
  expect(await livesGroup(group.pid)).toBe(false);
  expect(await group.exited).toEqual({ code: null, signal: "SIGTERM" });
});

test("a first process that does not heed SIGTERM is killed when its time is over", async () => {
  const folder = await temporaryFolder();
  const file = await fakeProgram(folder, "first", `trap "" TERM\necho > ready\nwhile :; do sleep 0.1; done`);
  const { group } = await startGroup(options(file, folder, 200));
  await untilReady(folder);
  await group.stop();
  expect(await group.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(await livesGroup(group.pid)).toBe(false);
});

test("those that a first process leaves behind end with it, unasked", async () => {
  const folder = await temporaryFolder();
  const first = `while [ ! -e '${folder}/ready' ]; do sleep 0.05; done; exit 3`;
  const { group } = await startGroup(options(await stubborn(folder, first), folder));
  expect(await group.exited).toEqual({ code: 3, signal: null });
  await vi.waitFor(async () => expect(await livesGroup(group.pid)).toBe(false), { timeout: 5_000 });
  await group.stop(); // Has nothing to do, and says nothing.
});

test("a program that is not there is an error that names it", async () => {
  const folder = await temporaryFolder();
  await expect(startGroup(options(join(folder, "none"), folder))).rejects.toThrow(`${folder}/none`);
});

test("all of them end when the process that started them is killed", async () => {
  const folder = await temporaryFolder();
  const file = await stubborn(folder, "wait");
  const module = new URL("./process-group.ts", import.meta.url).href;
  const script = join(folder, "supervisor.mjs");
  await writeFile(
    script,
    `import { writeFileSync } from "node:fs";
     import { startGroup } from ${JSON.stringify(module)};
     const { group } = await startGroup({ ...${JSON.stringify(options(file, folder, 1_000))}, env: process.env });
     writeFileSync("pid", String(group.pid));
     console.log("started");`,
  );
  const supervisor = spawn(process.execPath, [script], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void supervisor.kill("SIGKILL"));
  await once(supervisor.stdout, "data");
  await untilReady(folder);
  const pid = Number(await readFile(join(folder, "pid"), "utf8"));
  expect(await livesGroup(pid)).toBe(true);
  supervisor.kill("SIGKILL");
  await vi.waitFor(async () => expect(await livesGroup(pid)).toBe(false), { timeout: 10_000, interval: 50 });
});
