import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeJava, fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findJava, homeOf, parseJavaVersion } from "./java.ts";

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ["The operation couldn't be completed. Unable to locate a Java Runtime.", undefined],
])("%s is release %s", (output, release) => {
  expect(parseJavaVersion(output)).toBe(release);
});

test("JAVA_HOME comes before PATH", async () => {
  const folder = await temporaryFolder();
  const home = join(folder, "home");
  const wanted = await fakeJava(join(home, "bin"), "21.0.1");
  await fakeJava(join(folder, "path"), "17.0.1");
  expect(await findJava({ JAVA_HOME: home, PATH: join(folder, "path") })).toBe(wanted);
});

test("a JAVA_HOME that is too old gives way to a newer Java on PATH", async () => {
  const folder = await temporaryFolder();
  const home = join(folder, "home");
  await fakeJava(join(home, "bin"), "11.0.2");
  const wanted = await fakeJava(join(folder, "path"), "17.0.1");
  expect(await findJava({ JAVA_HOME: home, PATH: join(folder, "path") })).toBe(wanted);
});

test("without Java the error says what to install", async () => {
  const refusal = findJava({ PATH: await temporaryFolder() });
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "JAVA_MISSING" });
  await expect(refusal).rejects.toThrow(/Found: none on PATH, and JAVA_HOME is not set.*openjdk-17-jre-headless/);
});

test("a Java that is too old is named with its version and place", async () => {
  const folder = await temporaryFolder();
  const old = await fakeJava(folder, "11.0.2");
  const refusal = findJava({ PATH: folder });
  await expect(refusal).rejects.toMatchObject({ code: "JAVA_TOO_OLD" });
  await expect(refusal).rejects.toThrow(`Found: ${old} (PATH) is Java 11.`);
});

test("a java that cannot run is missing, not too old", async () => {
  const folder = await temporaryFolder();
  await fakeProgram(folder, "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1");
  const refusal = findJava({ PATH: folder });
  await expect(refusal).rejects.toMatchObject({ code: "JAVA_MISSING" });
  await expect(refusal).rejects.toThrow("Unable to locate a Java Runtime.");
});

test("the home of a Java is found through the links that point to it", async () => {
  const folder = await temporaryFolder();
  const java = await fakeJava(join(folder, "jdk", "bin"), "17.0.1");
  await mkdir(join(folder, "path"));
  await symlink(java, join(folder, "path", "java"));
  expect(await homeOf(join(folder, "path", "java"))).toBe(join(folder, "jdk"));
});
