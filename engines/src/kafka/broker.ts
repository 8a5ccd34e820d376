import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { endPredecessor } from "../predecessor.ts";
import { watchOver } from "../watchdog.ts";
import { javaCommand } from "./java-command.ts";
import type { BrokerExit, KafkaBroker, KafkaClusterPlan, KafkaInstallation, RunningBroker } from "./model.ts";
import type { BrokerFolder } from "./prepare.ts";
import { createStartLog, waitUntilServing } from "./readiness.ts";
import type { ScramUsers } from "./scram-users.ts";

const STOP_TIMEOUT_MS = 15_000;

export interface BrokerOptions {
  readonly installation: KafkaInstallation;
  readonly plan: KafkaClusterPlan;
  readonly folder: BrokerFolder;
  readonly users: ScramUsers | undefined;
}

export function createBroker(options: BrokerOptions): KafkaBroker {
  const { plan, folder } = options;
  const port = portOf(plan, folder);
  let runs = false;
  return {
    name: folder.name,
    address: `127.0.0.1:${port}`,
    launch: async () => {
      if (runs) throw new Error(`${folder.name} is running already`);
      runs = true;
      try {
        const broker = await launch(options, port);
        const note = () => {
          runs = false;
        };
        broker.exited.then(note, note);
        return broker;
      } catch (error) {
        runs = false;
        throw error;
      }
    },
  };
}

async function launch({ installation, plan, folder, users }: BrokerOptions, port: number): Promise<RunningBroker> {
  await endPredecessor({
    pidFile: folder.pid,
    isIt: (commandLine) => commandLine.endsWith(`kafka.Kafka ${folder.properties}`),
    what: "a Kafka broker",
    failure: "KAFKA_START_FAILED",
  });
  const main = ["kafka.Kafka", folder.properties];
  const { file, args, env } = javaCommand(installation, plan.jvm ?? "lean", folder.temp, main);
  // Its own process group: a Ctrl-C in the terminal reaches the supervisor only, which stops the services first.
  const child = spawn(file, args, { env, cwd: folder.root, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const log = createStartLog(folder.name);
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      log.add(line);
      plan.onLog?.(folder.name, line);
    });
  }
  const exited = new Promise<BrokerExit>((resolve, reject) => {
    child.once("error", reject);
    // Not "exit": by "close" everything it said has been read.
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const { pid } = child;
  if (pid === undefined) return exited.then(() => Promise.reject(new Error(`${folder.name} has no process id`)));
  const callOff = watchOver({ pid, engine: "kafka", stopTimeoutMs: STOP_TIMEOUT_MS });
  exited.then(callOff, callOff);
  const broker: RunningBroker = {
    pid,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: () => stop(child, exited),
  };
  try {
    await writeFile(folder.pid, String(pid), { mode: 0o600 });
    await waitUntilServing({ port, secure: plan.tlsKeystoreFile !== undefined, exited, log });
    await users?.bringUpToDate();
    await users?.knownTo(port);
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw error;
  }
  return broker;
}

async function stop(child: ChildProcess, exited: Promise<BrokerExit>): Promise<void> {
  child.kill("SIGTERM");
  // One that was stopped by a signal sees no other until it goes on.
  child.kill("SIGCONT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited.finally(() => clearTimeout(timer));
}

function portOf(plan: KafkaClusterPlan, { id }: BrokerFolder): number {
  const ports = plan.brokers[id - 1];
  if (ports === undefined) throw new Error(`the plan has no broker ${id}`);
  return ports.port;
}
