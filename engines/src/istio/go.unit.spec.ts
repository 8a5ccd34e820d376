import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findGo } from "./go.ts";

async function setUp(go?: string) {
  const folder = await temporaryFolder();
  const [module, programs] = [join(folder, "module"), join(folder, "programs")];
  await mkdir(module);
  await writeFile(join(module, "go.mod"), "module example\n\ngo 1.26.0\n");
  const file = go === undefined ? undefined : await fakeProgram(programs, "go", go);
  return { file, find: () => findGo(module, { PATH: programs }) };
}

test.each(["go1.26.0", "go1.26", "go1.26.8", "go1.27.1", "go2.0"])(
  "%s is new enough for a module of 1.26.0",
  async (version) => {
    const { file, find } = await setUp(`echo 'go version ${version} linux/amd64'`);
    expect(await find()).toBe(file);
  },
);

test.each(["go1.25.9", "go1.19", "go0.99"])(
  "%s is too old, and the message names it and what works without",
  async (version) => {
    const { file, find } = await setUp(`echo 'go version ${version} linux/amd64'`);
    const refusal = find();
    await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "GO_TOO_OLD" });
    await expect(refusal).rejects.toThrow(`Found: ${file}, which says: go version ${version} linux/amd64.`);
    await expect(refusal).rejects.toThrow(/1\.26\.0 or newer.*go\.dev\/dl.*everything else.*works/);
  },
);

test("a Go that must not fetch the version that the module asks for is too old", async () => {
  const { find } = await setUp(
    "echo 'go: go.mod requires go >= 1.26.0 (running go 1.25.1; GOTOOLCHAIN=local)' >&2; exit 1",
  );
  await expect(find()).rejects.toMatchObject({ code: "GO_TOO_OLD" });
});

test("without Go the error says what to install", async () => {
  const { find } = await setUp();
  await expect(find()).rejects.toMatchObject({ name: "EngineError", code: "GO_MISSING" });
  await expect(find()).rejects.toThrow(/no go is on PATH.*https:\/\/go\.dev\/dl/);
});

test("a go that does not run is missing, not too old", async () => {
  const { find } = await setUp("echo 'not that go' >&2; exit 1");
  await expect(find()).rejects.toMatchObject({ code: "GO_MISSING" });
  await expect(find()).rejects.toThrow("which says: not that go.");
});
