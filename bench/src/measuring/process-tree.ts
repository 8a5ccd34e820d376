// CPU time of processes from /proc, children included, also those that have ended and were waited for.
import { readdir, readFile } from "node:fs/promises";

/** Linux reports CPU time to user space in units of 1/100 s on every architecture that Node runs on. */
const msPerTick = 10;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  /** Those of `ticks` that children used which have ended and were waited for. */
  readonly endedChildrenTicks: number;
}

/** Every process of the machine by id; a process that ends while it is read is left out. */
export type ProcessTable = ReadonlyMap<number, ProcessTimes>;

/** Reads the process table. Cheap enough for the start and the end of a measurement, not for polling. */
export async function readProcessTable(): Promise<ProcessTable> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const times = await Promise.all(pids.map(readTimes));
  return new Map(times.filter((entry) => entry !== undefined).map((entry) => [entry.pid, entry]));
}

async function readTimes(pid: string): Promise<ProcessTimes | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  return parseStat(stat);
}

/** Parses /proc/PID/stat (proc(5)); the command name may itself contain spaces and parentheses. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (index: number): number => Number(fields[index] ?? 0);
  // From the field after the name: 1 parent, 11 utime, 12 stime, 13 cutime, 14 cstime.
  return {
    pid: Number.parseInt(stat, 10),
    parent: field(1),
    ticks: field(11) + field(12) + field(13) + field(14),
    endedChildrenTicks: field(13) + field(14),
  };
}

/** `pid` and all its descendants. */
export function treeOf(table: ProcessTable, pid: number): number[] {
  const tree = [pid];
  for (const parent of tree) {
    for (const entry of table.values()) if (entry.parent === parent) tree.push(entry.pid);
  }
  return tree.filter((member) => table.has(member));
}

/**
 * CPU milliseconds that `pid` has used, together with the children that it has waited for after their end. With
 * `descendants` also its living children: the difference of two readings then misses none of them.
 */
export function cpuMsOf(table: ProcessTable, pid: number, { descendants = false } = {}): number {
  const members = descendants ? treeOf(table, pid) : [pid];
  return members.reduce((sum, member) => sum + (table.get(member)?.ticks ?? 0), 0) * msPerTick;
}

/** CPU milliseconds of the children of `pid`, and of theirs, that have ended and were waited for. */
export function endedChildrenCpuMsOf(table: ProcessTable, pid: number): number {
  return (table.get(pid)?.endedChildrenTicks ?? 0) * msPerTick;
}
