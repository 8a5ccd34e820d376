import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const cli = fileURLToPath(new URL("./cli.ts", import.meta.url));
const nowhere = join(tmpdir(), "ordermesh-no-such-folder");

function run(...args: string[]): Promise<{ code: number | string; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, text: stdout + stderr });
    });
  });
}

test.each([
  [["start", "--port", "70000"], /whole number from 0 to 65535/],
  [["start", "--replicas", "gateway=2"], /"gateway=2" is not accepted; give service=count/],
  [["start", "--shards", "9"], /--shards: "9" is not accepted; give 1 to 8/],
  [["rebuild"], /missing required argument 'store'/],
  [["rebuild", "orders"], /'orders' is invalid.*Allowed choices are notification, index/],
  [["start", "--engines", "--brokers", "2"], /--brokers: "2" is not accepted; give 1, or 3/],
  [["start", "--brokers", "3"], /--brokers 3 needs --engines/],
  [["start", "--kafka", "a:1", "--brokers", "3"], /--brokers 3 and --kafka exclude each other/],
  [["start", "--kafka", "nowhere"], /--kafka: "nowhere" is not accepted: .*give host:port,host:port/],
  [["start", "--colour"], /unknown option '--colour'/],
  [["launch"], /unknown command 'launch'/],
  [["dead-letters", "redrive"], /name the dead letters to redrive by id, or give --all/],
])("%j ends with exit code 2 and says what is allowed", async (args, message) => {
  const { code, text } = await run(...args);
  expect(text).toMatch(message);
  expect(text).not.toMatch(/ at .*\.ts:\d+/);
  expect(code).toBe(2);
});

test("--help lists the options of start", async () => {
  const { code, text } = await run("start", "--help");
  expect(code).toBe(0);
  for (const option of ["--port", "--data", "--replicas", "--shards", "--engines", "--brokers", "--kafka", "--quiet"])
    expect(text).toContain(option);
});

test.each([
  ["dead-letters", "list"],
  ["shards", "move", "--buckets", "0-511", "--to", "shard-2"],
  ["rebuild", "notification", "--compare"],
])("%s %s of a stack that does not run is refused with exit code 1", async (...args) => {
  const { code, text } = await run(...args, "--data", nowhere);
  expect(code).toBe(1);
  expect(text).toMatch(/no stack runs on .*ordermesh-no-such-folder/);
});

test("a reset where nothing is says so", async () => {
  expect(await run("reset", "--data", nowhere)).toMatchObject({ code: 0, text: expect.stringMatching(/nothing/) });
});
