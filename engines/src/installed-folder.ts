import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { EngineError, type EngineErrorCode } from "./engine-error.ts";

const MANIFEST = "complete.json";

/** Written last before the folder gets its name: what a complete folder holds, and what it was made from. */
const manifestShape = z.object({ fingerprint: z.string(), files: z.record(z.string(), z.number()) });

export interface FolderToInstall {
  /** The name it has once it is complete. */
  readonly folder: string;
  /** Changes with whatever the content depends on: a folder of another fingerprint is made anew. */
  readonly fingerprint: string;
  /** What is in it, for people ("Kafka's jars"). */
  readonly what: string;
  /** The code of the error when it cannot be made. */
  readonly failure: EngineErrorCode;
  readonly fill: (building: string) => Promise<void>;
}

/**
 * The files of the folder, as relative paths in order: as they are when the folder is complete, else filled anew. Two
 * processes may do so at once; a process that is killed leaves no folder that looks complete.
 * @throws EngineError with the code `failure`; what `fill` throws
 */
export async function installFolder({ folder, fingerprint, what, failure, fill }: FolderToInstall): Promise<string[]> {
  const installed = await installedFiles(folder, fingerprint);
  if (installed !== undefined) return installed;
  const building = await makeFolderBeside(folder).catch((cause: Error) => {
    const message = `${what} are not there yet, and there is no place for them: ${cause.message}`;
    throw new EngineError(failure, message, { cause });
  });
  try {
    await fill(building);
    await writeManifest(building, fingerprint);
    // mkdtemp made it private, but one account may install and another run.
    await chmod(building, 0o755);
    await moveInto(building, folder, fingerprint);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  const files = await installedFiles(folder, fingerprint);
  if (files === undefined) throw new EngineError(failure, `${what} in ${folder} are not complete`);
  return files;
}

/** The files, unless one is missing or cut short, or they were made from something else. */
export async function installedFiles(folder: string, fingerprint: string): Promise<string[] | undefined> {
  const manifest = await readManifest(join(folder, MANIFEST));
  if (manifest?.fingerprint !== fingerprint) return undefined;
  const expected = Object.entries(manifest.files);
  const sizes = await Promise.all(expected.map(([name]) => sizeOf(join(folder, name))));
  return expected.every(([, size], index) => sizes[index] === size) ? expected.map(([name]) => name) : undefined;
}

async function makeFolderBeside(folder: string): Promise<string> {
  await mkdir(dirname(folder), { recursive: true });
  return mkdtemp(`${folder}.new-`);
}

async function readManifest(file: string): Promise<z.infer<typeof manifestShape> | undefined> {
  try {
    return manifestShape.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    // Missing or broken: the folder is made anew. What may not be read is not ours to replace.
    if ((error as NodeJS.ErrnoException).code === "EACCES") throw error;
    return undefined;
  }
}

async function writeManifest(folder: string, fingerprint: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const names = files.map((file) => file.slice(folder.length + 1)).sort();
  const sizes = await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const));
  const manifest: z.infer<typeof manifestShape> = { fingerprint, files: Object.fromEntries(sizes) };
  await writeFile(join(folder, MANIFEST), JSON.stringify(manifest));
}

/** Another process may have installed meanwhile: its folder, when complete, is as good as ours. */
async function moveInto(building: string, folder: string, fingerprint: string): Promise<void> {
  if ((await installedFiles(folder, fingerprint)) !== undefined) return;
  await rm(folder, { recursive: true, force: true });
  try {
    await rename(building, folder);
  } catch (error) {
    if ((await installedFiles(folder, fingerprint)) === undefined) throw error;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}
