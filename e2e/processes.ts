// The processes of the stack under test.
import { readStackState, type StackState } from "@ordermesh/stack";
import { inject } from "vitest";

/** The stack as it is now; pids change when a process is restarted. */
export async function stackState(): Promise<StackState> {
  const state = await readStackState(inject("dataDir"));
  if (state === undefined) throw new Error("the stack under test is not running");
  return state;
}

/** Sends a signal to every replica of a service, such as "order", or to one process, such as "postgres-shard-2". */
export async function signal(whom: string, name: NodeJS.Signals): Promise<void> {
  const { processes } = await stackState();
  const pids = processes.filter((each) => each.service === whom || each.name === whom).map((each) => each.pid);
  if (pids.length === 0) throw new Error(`the stack under test has no ${whom}`);
  for (const pid of pids) process.kill(pid, name);
}
