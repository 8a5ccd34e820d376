// What a comparison comes to: rates and CPU per record, as medians of several runs.
import { cpuMsOf, type ProcessTable, readProcessTable } from "../measuring/process-tree.ts";

export interface Figures {
  readonly recordsPerSecond: number;
  readonly clientUsPerRecord: number;
  readonly brokerUsPerRecord: number;
}

export interface Comparison {
  readonly tool: Figures;
  readonly ours: readonly (Figures & {
    readonly processes: number;
    /** Our records per second in percent of the tool's. */
    readonly percentOfTool: number;
  })[];
}

/** CPU milliseconds that some processes use while the work is done. They must live throughout. */
export async function cpuMsDuring<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<{ result: T; cpuMs: number }> {
  const used = (table: ProcessTable): number => pids.reduce((sum, pid) => sum + cpuMsOf(table, pid), 0);
  const before = await readProcessTable();
  const result = await work();
  const after = await readProcessTable();
  for (const pid of pids) if (!after.has(pid)) throw new Error(`process ${pid} ended while it was measured`);
  return { result, cpuMs: used(after) - used(before) };
}

export function toFigures(run: {
  records: number;
  perSecond: number;
  clientCpuMs: number;
  brokerCpuMs: number;
}): Figures {
  const perRecord = (ms: number): number => (ms * 1000) / run.records;
  return {
    recordsPerSecond: run.perSecond,
    clientUsPerRecord: perRecord(run.clientCpuMs),
    brokerUsPerRecord: perRecord(run.brokerCpuMs),
  };
}

/** @param ours the runs by number of processes */
export function compare(tool: readonly Figures[], ours: ReadonlyMap<number, readonly Figures[]>): Comparison {
  const ofTool = medians(tool);
  return {
    tool: rounded(ofTool),
    ours: [...ours].map(([processes, runs]) => {
      const figures = medians(runs);
      const percentOfTool = Math.round((figures.recordsPerSecond / ofTool.recordsPerSecond) * 100);
      return { processes, ...rounded(figures), percentOfTool };
    }),
  };
}

function medians(runs: readonly Figures[]): Figures {
  return {
    recordsPerSecond: median(runs.map((run) => run.recordsPerSecond)),
    clientUsPerRecord: median(runs.map((run) => run.clientUsPerRecord)),
    brokerUsPerRecord: median(runs.map((run) => run.brokerUsPerRecord)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error("a median needs at least one run");
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

const rounded = ({ recordsPerSecond, clientUsPerRecord, brokerUsPerRecord }: Figures): Figures => ({
  recordsPerSecond: Math.round(recordsPerSecond),
  clientUsPerRecord: Number(clientUsPerRecord.toFixed(1)),
  brokerUsPerRecord: Number(brokerUsPerRecord.toFixed(1)),
});
