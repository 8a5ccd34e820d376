// The processes of the stack under test.
import { readStackState, type StackState } from "@ordermesh/stack";
import { inject } from "vitest";

/** The stack as it is now; pids change when a process is restarted. */
export async function stackState(): Promise<StackState> {
  const state = await readStackState(inject("dataDir"));
  if (state === undefined) throw new Error("the stack under test is not running");
  return state;
}

/** Sends a signal to every replica of a service. */
export async function signal(service: string, name: NodeJS.Signals): Promise<void> {
  const { processes } = await stackState();
  const pids = processes.filter((each) => each.service === service).map((each) => each.pid);
  if (pids.length === 0) throw new Error(`the stack under test has no ${service}`);
  for (const pid of pids) process.kill(pid, name);
}
