import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface SubscriberTask {
  readonly url: string;
  readonly clientId: string;
  readonly group: string;
  readonly topic: string;
  readonly maxRecords: number;
  /** Whether the first batch is held until `release`. */
  readonly holdFirst: boolean;
  /** How long each other batch takes, in milliseconds. */
  readonly batchMs: number;
}

/** A line that the process writes. */
export interface SubscriberReport {
  readonly subscribed?: boolean;
  /** Of the records of a batch that it was given, before it handles it. */
  readonly numbers?: readonly number[];
  /** Bytes in use on the heap and beside it at that moment. */
  readonly memory?: number;
  /** The signal of the held batch was aborted. */
  readonly aborted?: boolean;
  /** The held batch is handled. */
  readonly released?: boolean;
}

export interface Subscriber {
  readonly reports: readonly SubscriberReport[];
  /** The numbers of all batches so far. */
  numbers(): number[];
  /** Lets the batch that is held end. */
  release(): void;
  /** SIGKILL and SIGSTOP among them. */
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<unknown>;
}

const PROGRAM = fileURLToPath(new URL("subscriber-process.ts", import.meta.url));

/** Starts a member of a group in a process of its own, which ends with the test at the latest. */
export function spawnSubscriber(task: SubscriberTask, nodeOptions: readonly string[] = []): Subscriber {
  const child: ChildProcess = spawn(process.execPath, [...nodeOptions, PROGRAM, JSON.stringify(task)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const reports: SubscriberReport[] = [];
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("the process has no pipes");
  createInterface(stdout).on("line", (line) => reports.push(JSON.parse(line) as SubscriberReport));
  return {
    reports,
    ended,
    numbers: () => reports.flatMap(({ numbers }) => numbers ?? []),
    release: () => void stdin.write("\n"),
    signal: (signal) => void child.kill(signal),
  };
}
