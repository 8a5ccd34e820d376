// What the processes of a stack use between two moments.

import { memoryMbOf, residentMbOf } from "./memory.ts";
import { cpuMsOf, type ProcessTable, readProcessTable } from "./process-tree.ts";

/** A process to account for. */
export interface MeasuredProcess {
  readonly name: string;
  readonly service: string;
  readonly pid: number;
}

export interface Usage {
  /** CPU milliseconds by process name since the measurement began. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** CPU milliseconds of this very process, which generates the load. */
  readonly generatorCpuMs: number;
  /** MB by process name at the end. */
  readonly memoryMb: Readonly<Record<string, number>>;
  /** Those of the processes that are Kafka's brokers. */
  readonly brokers: readonly string[];
  /** Those that are sidecars of the mesh. */
  readonly sidecars: readonly string[];
}

export interface UsageMeasurement {
  /** Usage since the start. A process that is gone counts as 0 and is named in `lost`. */
  end(): Promise<Usage & { readonly lost: readonly string[] }>;
}

/** Starts measuring. The processes must be alive; children of `postgres` are counted with it. */
export async function startMeasuring(processes: readonly MeasuredProcess[]): Promise<UsageMeasurement> {
  const before = await readProcessTable();
  const ownBefore = process.cpuUsage();
  return {
    end: async () => {
      const own = process.cpuUsage(ownBefore);
      const after = await readProcessTable();
      const cpuMs: Record<string, number> = {};
      const memoryMb: Record<string, number> = {};
      const lost: string[] = [];
      for (const { name, service, pid } of processes) {
        if (!after.has(pid)) lost.push(name);
        // The supervisor's children are measured by their own names, PostgreSQL's under its.
        const descendants = service === "postgres";
        const used = cpuMsOf(after, pid, { descendants }) - cpuMsOf(before, pid, { descendants });
        cpuMs[name] = after.has(pid) ? used : 0;
        memoryMb[name] = await memoryOf(after, service, pid);
      }
      const namesOf = (kind: string): string[] =>
        processes.filter(({ service }) => service === kind).map(({ name }) => name);
      const [brokers, sidecars] = [namesOf("kafka"), namesOf("sidecar")];
      return { cpuMs, generatorCpuMs: (own.user + own.system) / 1000, memoryMb, brokers, sidecars, lost };
    },
  };
}

const memoryOf = (table: ProcessTable, service: string, pid: number): Promise<number> =>
  service === "postgres" ? memoryMbOf(table, pid) : residentMbOf(pid);
