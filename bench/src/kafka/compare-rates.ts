// Our driver against the broker's own tools: produce and consume, run by turns on one broker.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { type Comparison, compare, cpuMsDuring, type Figures, toFigures } from "./figures.ts";
import { readOurBatches } from "./our-batches.ts";
import { runOurs } from "./our-driver.ts";
import type { PerfTools, ToolOutcome } from "./perf-tools.ts";
import { asLine, bytesOf, sampleRecord } from "./sample-records.ts";

export interface RateOptions {
  readonly url: string;
  /** host:port of the same broker, for the tools. */
  readonly address: string;
  readonly brokerPid: number;
  readonly tools: PerfTools;
  /** A folder for temporary files. */
  readonly folder: string;
  /** Records of each run. */
  readonly records: number;
  readonly repetitions: number;
  readonly progress: Progress;
}

export interface RateReport {
  readonly recordBytes: number;
  readonly recordsPerRun: number;
  readonly repetitions: number;
  readonly compression: string;
  readonly produce: Comparison;
  readonly consume: Comparison;
}

const produceTopic = "bench.produce";
const consumeTopic = "bench.consume";
/** Different values for the tool to choose from. */
const payloadLines = 1_000;

export async function compareRates(options: RateOptions): Promise<RateReport> {
  const { url, address, brokerPid, tools, records, repetitions, progress, folder } = options;
  const { compression, batchBytes } = await readOurBatches();
  const recordBytes = bytesOf(sampleRecord(produceTopic));
  const payloadFile = join(folder, "payload.txt");
  const lines = Array.from({ length: payloadLines }, () => asLine(sampleRecord(produceTopic)));
  await writeFile(payloadFile, lines.join("\n"));

  const append = (topic: string, processes: number, total: number): Promise<Figures> => {
    const task = { kind: "append", records: Math.ceil(total / processes) } as const;
    return runOurs({ url, brokerPid, topic, processes, task });
  };
  progress.show("filling the topics");
  // The driver makes the topics; the tools do not.
  await append(produceTopic, 1, 1);
  await append(consumeTopic, 1, records);

  const payload = { payloadFile, batchBytes: batchBytes(recordBytes), compression };
  const produce = await byTurns("produce", options, [1, 2], {
    tool: (count) => tools.produce({ address, topic: produceTopic, records: count, ...payload }),
    ours: (processes) => append(produceTopic, processes, records),
  });
  const consume = await byTurns("consume", options, [1], {
    tool: (count) => tools.consume({ address, topic: consumeTopic, records: count }),
    ours: (processes, turn) => {
      const task = { kind: "consume", records, group: `bench-${turn}` } as const;
      return runOurs({ url, brokerPid, topic: consumeTopic, processes, task });
    },
  });
  return { recordBytes, recordsPerRun: records, repetitions, compression, produce, consume };
}

interface Runs {
  tool(records: number): Promise<ToolOutcome>;
  ours(processes: number, turn: number): Promise<Figures>;
}

/** A B A B, so that whatever else goes on in the machine meets both. */
async function byTurns(
  title: string,
  { records, repetitions, brokerPid, progress }: RateOptions,
  processCounts: readonly number[],
  runs: Runs,
): Promise<Comparison> {
  // What a run of one record takes is the start of the virtual machine, which is no cost of a record.
  const start = await runs.tool(1);
  const tool: Figures[] = [];
  const ours = new Map<number, Figures[]>(processCounts.map((processes) => [processes, []]));
  for (let turn = 1; turn <= repetitions; turn += 1) {
    progress.show(`${title} ${turn}/${repetitions}: the tool`);
    const { result, cpuMs } = await cpuMsDuring([brokerPid], () => runs.tool(records));
    const clientCpuMs = Math.max(0, result.cpuMs - start.cpuMs);
    tool.push(toFigures({ records, perSecond: result.perSecond, clientCpuMs, brokerCpuMs: cpuMs }));
    for (const [processes, figures] of ours) {
      progress.show(`${title} ${turn}/${repetitions}: ours, ${processes} process(es)`);
      figures.push(await runs.ours(processes, turn));
    }
  }
  return compare(tool, ours);
}
