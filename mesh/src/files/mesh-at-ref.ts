// The mesh folder as it was at a commit, a branch or a tag.
import { execFile } from "node:child_process";
import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../exit-codes.ts";
import type { Mesh } from "../model/mesh.ts";
import { loadMesh } from "./load-mesh.ts";
import { meshFileShape } from "./mesh-file.ts";
import { MeshFilesError, readPositioned } from "./positioned.ts";

/**
 * Reads the folder out of git, without touching the checkout or its index. Only what loadMesh reads is taken: the mesh
 * folder and the protos that the mesh.yaml of that commit names.
 *
 * @param folder the mesh folder in the checkout
 * @param ref anything that git resolves to a commit
 * @throws UsageError when there is no git, no such ref, or no mesh folder at it; MeshFilesError for the files of the ref,
 * named `ref:file`
 */
export async function loadMeshAtRef(folder: string, ref: string, environment: string | undefined): Promise<Mesh> {
  const here = await realpath(folder);
  const repository = await toplevelOf(here);
  const commit = await commitOf(repository, ref);
  const meshPath = relative(repository, here);
  const temporary = await mkdtemp(join(tmpdir(), "mesh-ref-"));
  try {
    const checkout = join(temporary, "tree");
    const take = (path: string) => checkOut(repository, commit, path, checkout, join(temporary, "index"));
    if (!(await take(meshPath))) throw new UsageError(`${ref} has no ${join(meshPath, "mesh.yaml")}`);
    return await loadNamed(join(checkout, meshPath), ref, async (protos) => {
      const wanted = relative(repository, resolve(here, protos));
      if (wanted.startsWith("..") || isAbsolute(wanted)) {
        // Not in the repository, so git knows no older state of them: they are taken as they are.
        await cp(resolve(here, protos), resolve(checkout, meshPath, protos), { recursive: true });
      } else await take(wanted);
      return loadMesh(join(checkout, meshPath), environment);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function loadNamed(folder: string, ref: string, load: (protos: string) => Promise<Mesh>): Promise<Mesh> {
  try {
    const { value } = await readPositioned(join(folder, "mesh.yaml"), "mesh.yaml", meshFileShape);
    return await load(value.protos);
  } catch (error) {
    if (!(error instanceof MeshFilesError)) throw error;
    throw new MeshFilesError(error.faults.map((fault) => ({ ...fault, file: `${ref}:${fault.file}` })));
  }
}

async function toplevelOf(folder: string): Promise<string> {
  try {
    return resolve((await git(folder, ["rev-parse", "--show-toplevel"])).trim());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new UsageError("git is not installed; without it nothing older can be compared");
    throw new UsageError(`${folder} is not in a git repository, so there is no older state to compare with`);
  }
}

async function commitOf(repository: string, ref: string): Promise<string> {
  try {
    return (await git(repository, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`])).trim();
  } catch {
    throw new UsageError(`git knows no commit, branch or tag "${ref}"`);
  }
}

/** @returns whether the commit has anything at that path */
async function checkOut(
  repository: string,
  commit: string,
  path: string,
  target: string,
  indexFile: string,
): Promise<boolean> {
  const paths = path === "" ? [] : ["--", path.split(sep).join("/")];
  const names = await git(repository, ["ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, ...paths]);
  if (names === "") return false;
  // An index of its own: neither archive attributes nor what is staged have a say.
  const environment = { GIT_INDEX_FILE: indexFile };
  await git(repository, ["read-tree", commit], environment);
  await git(repository, ["checkout-index", "-q", "-f", "-z", "--stdin", `--prefix=${target}/`], environment, names);
  return true;
}

const run = promisify(execFile);

async function git(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = "",
): Promise<string> {
  const running = run("git", ["-C", folder, ...words], {
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  // A git that ends before it has read its input says why by its exit code.
  running.child.stdin?.on("error", () => {}).end(input);
  return (await running).stdout;
}
