import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "@ordermesh/runtime/embedded-postgres";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

// The process under test is one that calls runProgram, as the stack's own command does.
const module = JSON.stringify(new URL("./run-program.ts", import.meta.url).href);
let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ordermesh-program-"));
});

afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** Runs the text as a service's program, through a caller that ends with the exit code that it got. */
async function run(text: string, args: readonly string[] = []): Promise<{ caller: ChildProcess; said(): string }> {
  const file = join(folder, "program.mjs");
  const caller = join(folder, "caller.mjs");
  await writeFile(file, text);
  const program = JSON.stringify({ service: "order", instance: "order-shards", file });
  const state = JSON.stringify({ serviceEnvironments: { order: { ORDERMESH_SHARDS: "shard-1=postgres://a" } } });
  await writeFile(
    caller,
    `import { runProgram } from ${module};
     process.exit(await runProgram(${program}, ${JSON.stringify(args)}, ${state}));`,
  );
  const child = spawn(process.execPath, [caller], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    said += part;
  });
  return { caller: child, said: () => said };
}

const waiting = `
  process.once("SIGTERM", () => process.stdout.write("stopping", () => process.exit(3)));
  setInterval(() => undefined, 1_000);
  process.stdout.write(process.pid + "\\n");`;

test("the program gets its arguments and its service's variables, and its exit code is passed on", async () => {
  const { caller, said } = await run(
    `const { ORDERMESH_INSTANCE, ORDERMESH_SHARDS } = process.env;
     process.stdout.write(JSON.stringify([process.argv.slice(2), ORDERMESH_INSTANCE, ORDERMESH_SHARDS]));
     process.exitCode = 7;`,
    ["move", "--buckets", "0-511"],
  );
  expect(await once(caller, "close")).toEqual([7, null]);
  expect(JSON.parse(said())).toEqual([["move", "--buckets", "0-511"], "order-shards", "shard-1=postgres://a"]);
});

test("who is told to stop tells the program, and ends with what it ends with", async () => {
  const { caller, said } = await run(waiting);
  await vi.waitFor(() => expect(said()).toMatch(/\d+\n/), { timeout: 10_000 });
  caller.kill("SIGTERM");
  expect(await once(caller, "close")).toEqual([3, null]);
  expect(said()).toMatch(/stopping$/);
});

test("a program that a signal ends gives the code that a shell gives", async () => {
  const { caller } = await run(`process.kill(process.pid, "SIGKILL");`);
  expect(await once(caller, "close")).toEqual([137, null]);
});

test("when its caller is killed outright, the program is told to stop", async () => {
  const { caller, said } = await run(waiting);
  await vi.waitFor(() => expect(said()).toMatch(/\d+\n/), { timeout: 10_000 });
  const pid = Number.parseInt(said(), 10);
  caller.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
});
