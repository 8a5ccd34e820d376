// Which calls the source code of each workload makes, as far as it can be read.
import { access, glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Catalog } from "../model/catalog.ts";
import { type Mesh, workloadsOf } from "../model/mesh.ts";
import { type CodeCall, findCalls } from "./find-calls.ts";
import { type ClientNames, collectClientNames } from "./find-clients.ts";
import { parseSource, type SourceFile } from "./parse-source.ts";

export type { CodeCall } from "./find-calls.ts";

/** What was read of one workload. */
export interface WorkloadCode {
  readonly workload: string;
  /** Folders that callers.yaml and the policies name, from the mesh folder. */
  readonly folders: readonly string[];
  readonly files: number;
  readonly calls: readonly CodeCall[];
}

/** A folder or file that could not be read. */
export interface UnreadCode {
  readonly workload: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface CodeCalls {
  readonly workloads: readonly WorkloadCode[];
  readonly unread: readonly UnreadCode[];
}

/**
 * Reads the TypeScript and JavaScript sources under the `code` folders of every workload.
 *
 * It sees `client.method(…)` where the client is made from a service of the protos or typed as its client, and passed on
 * under a name: as a variable, a parameter, a property. It does not see calls in other languages, clients kept under a
 * name without a type in a file that does not make them, and calls by names made at run time; of the last it says that
 * any method may be meant.
 */
export async function readCodeCalls(mesh: Mesh): Promise<CodeCalls> {
  const read = await Promise.all(workloadsOf(mesh).map((workload) => readWorkload(mesh, workload)));
  return { workloads: read.map(({ code }) => code), unread: read.flatMap(({ unread }) => unread) };
}

/** Folders of a workload's code, as its policies and its entry in callers.yaml name them. */
export function codeFoldersOf(mesh: Mesh, workload: string): string[] {
  const served = [...mesh.services.values()].filter(({ policy }) => policy.value.workload === workload);
  const folders = served.flatMap(({ policy }) => policy.value.code);
  return [...new Set([...folders, ...(mesh.callers.value.callers[workload]?.code ?? [])])];
}

async function readWorkload(mesh: Mesh, workload: string): Promise<{ code: WorkloadCode; unread: UnreadCode[] }> {
  const folders = codeFoldersOf(mesh, workload);
  const files: SourceFile[] = [];
  const unread: UnreadCode[] = [];
  for (const folder of folders) {
    if (!(await isThere(join(mesh.folder, folder)))) {
      unread.push({ workload, file: folder, line: 1, message: "there is no such folder" });
      continue;
    }
    for (const name of await sourcesIn(join(mesh.folder, folder))) {
      const file = join(folder, name);
      const parsed = parseSource(await readFile(join(mesh.folder, file), "utf8"), file);
      if ("message" in parsed) unread.push({ workload, ...parsed });
      else files.push(parsed);
    }
  }
  return { code: { workload, folders, files: files.length, calls: callsIn(files, mesh.catalog) }, unread };
}

/** The calls that the files of one workload make; a client that one file types is known in the others by its name. */
export function callsIn(files: readonly SourceFile[], catalog: Catalog): CodeCall[] {
  const names: ClientNames = collectClientNames(files, catalog);
  return files.flatMap((file) => findCalls(file, names, catalog));
}

async function sourcesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(
    glob("**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}", { cwd: folder, exclude: isSkipped }),
  );
  return names.filter((name) => !/\.(spec|test|d)\.[mc]?[jt]sx?$/.test(name)).sort();
}

const isSkipped = (name: string): boolean => /(^|\/)(node_modules|gen|dist|testing|__tests__|\.[^/.][^/]*)$/.test(name);

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
