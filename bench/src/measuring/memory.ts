// Memory of processes from /proc. PostgreSQL's processes share a large segment, so theirs is proportional (PSS).
import { readFile } from "node:fs/promises";
import { type ProcessTable, treeOf } from "./process-tree.ts";

const kbPerMb = 1024;

/** Memory in MB of `pid` and its descendants: PSS where it can be read, else RSS with shared memory counted once. */
export async function memoryMbOf(table: ProcessTable, pid: number): Promise<number> {
  const tree = treeOf(table, pid);
  const shares = await Promise.all(tree.map((member) => readKb(member, "smaps_rollup", "Pss")));
  if (shares.every((share) => share !== undefined)) return sum(shares) / kbPerMb;
  const resident = await Promise.all(tree.map((member) => readKb(member, "status", "VmRSS")));
  const shared = await Promise.all(tree.map((member) => readKb(member, "status", "RssShmem")));
  return (sum(resident) - sum(shared) + Math.max(0, ...shared.map((kb) => kb ?? 0))) / kbPerMb;
}

/** Resident memory of one process in MB; 0 when it has ended. */
export async function residentMbOf(pid: number): Promise<number> {
  return ((await readKb(pid, "status", "VmRSS")) ?? 0) / kbPerMb;
}

async function readKb(pid: number, file: string, field: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return undefined;
  }
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

const sum = (values: readonly (number | undefined)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);
