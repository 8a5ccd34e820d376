// Runs of our driver: fresh processes each time, as the tools' are.
import { startWorker } from "../worker/start-worker.ts";
import type { DriverOutcome, DriverTask } from "./driver-worker.ts";
import { cpuMsDuring, type Figures, toFigures } from "./figures.ts";

export interface OurRun {
  readonly url: string;
  readonly brokerPid: number;
  readonly topic: string;
  readonly processes: number;
  /** What each of the processes does. */
  readonly task: Extract<DriverTask, { records: number }>;
}

/** As many as the relay carries in one round at most. */
export const recordsPerAppend = 2_000;

/** Starts the processes, lets all do the task at once and measures that alone, without their start. */
export async function runOurs({ url, brokerPid, topic, processes, task }: OurRun): Promise<Figures> {
  const file = new URL("./driver-worker.ts", import.meta.url);
  const drivers = Array.from({ length: processes }, () => startWorker<DriverTask, DriverOutcome>(file));
  const askAll = (question: DriverTask) => Promise.all(drivers.map((driver) => driver.ask(question)));
  try {
    await askAll({ kind: "open", url, topic, perAppend: recordsPerAppend });
    const pids = drivers.map(({ pid }) => pid);
    const broker = await cpuMsDuring([brokerPid], () => cpuMsDuring(pids, () => askAll(task)));
    await askAll({ kind: "close" });
    const client = broker.result;
    const elapsedMs = Math.max(...client.result.map((outcome) => outcome.elapsedMs));
    const records = task.records * processes;
    return toFigures({
      records,
      perSecond: (records * 1000) / elapsedMs,
      clientCpuMs: client.cpuMs,
      brokerCpuMs: broker.cpuMs,
    });
  } finally {
    await Promise.all(drivers.map((driver) => driver.end()));
  }
}
