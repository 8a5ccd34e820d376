// Rendered files as they lie under `rendered/`: <target>/<environment>/<file>.
import { glob, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export const renderTargets = ["envoy", "istio"] as const;
export type RenderTarget = (typeof renderTargets)[number];

export interface Rendering {
  readonly target: RenderTarget;
  readonly environment: string;
  /** Text by path: `<target>/<environment>/<file>`. */
  readonly files: ReadonlyMap<string, string>;
}

/** A file that is not what the policies say now. */
export interface Drift {
  /** From the folder that all renderings are in. */
  readonly file: string;
  readonly problem: "differs" | "missing" | "no longer rendered";
}

const folderOf = ({ target, environment }: Rendering): string => join(target, environment);

/**
 * Writes the files, and removes those of an earlier rendering that are not rendered any more.
 * @returns the paths written, from the folder
 */
export async function writeRendering(folder: string, rendering: Rendering): Promise<string[]> {
  for (const { file, problem } of await driftOf(folder, rendering)) {
    if (problem === "no longer rendered") await rm(join(folder, file));
  }
  for (const [name, text] of rendering.files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return [...rendering.files.keys()];
}

/** @returns what differs between the folder and the rendering, sorted by file; empty when nothing does */
export async function driftOf(folder: string, rendering: Rendering): Promise<Drift[]> {
  const place = folderOf(rendering);
  const drifts: Drift[] = [];
  for (const [name, text] of rendering.files) {
    const present = await readIfThere(join(folder, name));
    if (present !== text) drifts.push({ file: name, problem: present === undefined ? "missing" : "differs" });
  }
  // Only kinds of files that are rendered: a README beside them is a person's.
  for await (const name of glob("**/*.{json,yaml}", { cwd: join(folder, place) })) {
    const file = join(place, name);
    if (!rendering.files.has(file)) drifts.push({ file, problem: "no longer rendered" });
  }
  return drifts.sort((a, b) => (a.file < b.file ? -1 : 1));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
