import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { EventLogOptions } from "../port.ts";

export interface SpawnedMember {
  /** Records that it has handled. */
  received(): number;
  /** SIGKILL: it leaves no group and commits nothing more. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("member-process.ts", import.meta.url));

/** Starts a member of the group in a process of its own, which ends with the test at the latest. */
export async function spawnMember(
  options: Omit<EventLogOptions, "logger">,
  group: string,
  topic: string,
): Promise<SpawnedMember> {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, JSON.stringify({ options, group, topic })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let received = 0;
  const subscribed = Promise.withResolvers<void>();
  child.once("exit", (code) => subscribed.reject(new Error(`the member ended with ${code}`)));
  if (child.stdout !== null) {
    createInterface(child.stdout).on("line", (line) => {
      received += line === "subscribed" ? 0 : Number(line);
      subscribed.resolve();
    });
  }
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
  };
  onTestFinished(kill);
  await subscribed.promise;
  return { received: () => received, kill };
}
