import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { fakeJava, fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type InstallOptions, installInto } from "./install.ts";

/** The system's own programs, for the fake ones to use. */
const SYSTEM_PATH = ["/bin", "/usr/bin"].join(delimiter);
const PUT_TWO_JARS = `
for argument in "$@"; do case "$argument" in -DoutputDirectory=*) folder="\${argument#*=}";; esac; done
echo one > "$folder/one.jar"; echo two > "$folder/two.jar"`;

async function setUp(maven?: string) {
  const folder = await temporaryFolder();
  const programs = join(folder, "programs");
  const calls = join(folder, "calls");
  await fakeJava(programs, "17.0.1");
  if (maven !== undefined) await fakeProgram(programs, "mvn", `PATH=${SYSTEM_PATH}; echo call >> '${calls}'; ${maven}`);
  const parent = join(folder, ".engines");
  return {
    install: (options: InstallOptions = {}) => installInto(parent, { PATH: programs }, options),
    parent,
    calls: async () => (await readFile(calls, "utf8")).trim().split("\n").length,
  };
}

test("without Maven, and without the jars, the error says what to install", async () => {
  const { install } = await setUp();
  await expect(install()).rejects.toMatchObject({ name: "EngineError", code: "MAVEN_MISSING" });
  await expect(install()).rejects.toThrow(/apt install maven/);
});

test("jars that are there are taken without Maven; one that is cut short is fetched again", async () => {
  const { install, calls } = await setUp(PUT_TWO_JARS);
  const progress: string[] = [];
  const first = await install({ onProgress: (text) => progress.push(text) });
  expect(first.jars.map((jar) => basename(jar))).toEqual(["one.jar", "two.jar"]);
  expect(first.version).toMatch(/^4\.\d+\.\d+$/);
  expect(progress[0]).toContain(`fetching Kafka ${first.version}`);
  expect(await install()).toEqual(first);
  expect(await calls()).toBe(1);

  const [jar = ""] = first.jars;
  await writeFile(jar, "");
  expect(await install()).toEqual(first);
  expect(await readFile(jar, "utf8")).toBe("one\n");
  expect(await calls()).toBe(2);
  await rm(jar);
  await install();
  expect(await calls()).toBe(3);
});

test("jars that one account installed can be read by another", async () => {
  const { install } = await setUp(PUT_TWO_JARS);
  const { jars } = await install();
  expect((await stat(dirname(jars[0] ?? ""))).mode & 0o777).toBe(0o755);
});

test("a project that may not be written to is named", async () => {
  const { install, parent } = await setUp(PUT_TWO_JARS);
  await writeFile(parent, "a file where the folder should be");
  const refusal = install();
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "KAFKA_DOWNLOAD_FAILED" });
  await expect(refusal).rejects.toThrow(parent);
});

test("two processes that install at once both get the whole, and leave nothing else behind", async () => {
  const { install, parent } = await setUp(PUT_TWO_JARS);
  const [one, other] = await Promise.all([install(), install()]);
  expect(one).toEqual(other);
  expect(await readdir(parent)).toEqual([`kafka-${one.version}`]);
});

test("a failed download says what Maven said, and leaves nothing behind", async () => {
  const { install, parent } = await setUp("echo 'Could not resolve host' ; exit 1");
  const refusal = install();
  await expect(refusal).rejects.toMatchObject({ code: "KAFKA_DOWNLOAD_FAILED" });
  await expect(refusal).rejects.toThrow(/exit code 1.*Could not resolve host/);
  expect(await readdir(parent)).toEqual([]);
});

test("an installation that is called off ends Maven and leaves nothing behind", async () => {
  const { install, parent, calls } = await setUp("exec sleep 60");
  const over = new AbortController();
  const refusal = install({ signal: over.signal });
  const expected = expect(refusal).rejects.toThrow("enough");
  await vi.waitFor(async () => expect(await calls()).toBe(1), { timeout: 5_000 });
  over.abort(new Error("enough"));
  await expected;
  expect(await readdir(parent)).toEqual([]);
});
