// Kafka's own perf tools, run from the jars of the installation.
import { execFile } from "node:child_process";
import { delimiter } from "node:path";
import { promisify } from "node:util";
import type { KafkaInstallation } from "@ordermesh/engines/kafka";
import { UserError } from "@ordermesh/stack";
import { endedChildrenCpuMsOf, readProcessTable } from "../measuring/process-tree.ts";

export interface ToolOutcome {
  readonly perSecond: number;
  /** CPU milliseconds of the whole process, its start included. */
  readonly cpuMs: number;
}

export interface PerfTools {
  produce(options: {
    /** host:port of a broker. */
    readonly address: string;
    readonly topic: string;
    readonly records: number;
    /** A file of one value per line. */
    readonly payloadFile: string;
    readonly batchBytes: number;
    readonly compression: string;
  }): Promise<ToolOutcome>;
  /** As a new group, from the oldest record on. The rate leaves out the time until it has joined. */
  consume(options: {
    readonly address: string;
    readonly topic: string;
    readonly records: number;
  }): Promise<ToolOutcome>;
}

const run = promisify(execFile);
const jvm = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData"];
const timeoutMs = 120_000;

/** @throws UserError KAFKA_TOOLS_MISSING when the installation has no perf tools */
export function openPerfTools({ java, jars }: KafkaInstallation): PerfTools {
  if (!jars.some((jar) => /kafka-tools-\d[^/\\]*\.jar$/.test(jar))) {
    throw new UserError(
      "KAFKA_TOOLS_MISSING",
      "the Kafka installation has no kafka-tools jar, which holds the perf tools: engines/kafka/pom.xml must list it",
    );
  }
  const classPath = jars.join(delimiter);

  /** Only one at a time: its CPU is what ended children of this process have used more than before. */
  async function runTool(main: string, args: readonly string[], rate: RegExp): Promise<ToolOutcome> {
    const before = endedChildrenCpuMsOf(await readProcessTable(), process.pid);
    const command = [...jvm, "-cp", classPath, `org.apache.kafka.tools.${main}`, ...args];
    const { stdout, stderr } = await run(java, command, { timeout: timeoutMs, killSignal: "SIGKILL" });
    const after = endedChildrenCpuMsOf(await readProcessTable(), process.pid);
    // Of several lines the last sums up.
    const perSecond = Number([...stdout.matchAll(rate)].at(-1)?.[1]);
    if (!(perSecond > 0)) throw new Error(`${main} reported no rate: ${stdout}${stderr}`);
    return { perSecond, cpuMs: after - before };
  }

  return {
    produce: ({ address, topic, records, payloadFile, batchBytes, compression }) => {
      const properties = [
        "acks=all",
        "enable.idempotence=true",
        `batch.size=${batchBytes}`,
        `compression.type=${compression}`,
      ];
      const args = ["--bootstrap-server", address, "--topic", topic, "--num-records", String(records)];
      const rest = ["--throughput", "-1", "--payload-file", payloadFile, "--command-property", ...properties];
      return runTool("ProducerPerformance", [...args, ...rest], /([\d.]+) records\/sec/g);
    },
    consume: ({ address, topic, records }) => {
      const args = ["--bootstrap-server", address, "--topic", topic, "--num-records", String(records)];
      // start.time, end.time, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
      return runTool("ConsumerPerformance", [...args, "--hide-header"], /^(?:[^,\n]+,){9}\s*([\d.]+)\s*$/gm);
    },
  };
}
