import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A Java that only answers `java -version`, as OpenJDK does: to standard error. */
export async function fakeJava(folder: string, version: string): Promise<string> {
  return fakeProgram(folder, "java", `echo 'openjdk version "${version}" 2025-04-15' >&2`);
}

export async function fakeProgram(folder: string, name: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}
