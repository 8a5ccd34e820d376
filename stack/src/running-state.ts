import { readStackState, type StackState } from "./state.ts";
import { UserError } from "./user-error.ts";

/** The state of the stack that must run on the data folder. */
export async function runningState(dataDir: string): Promise<StackState> {
  const state = await readStackState(dataDir);
  if (state !== undefined) return state;
  throw new UserError("NOT_RUNNING", `no stack runs on ${dataDir}: start it, or say which one with --data`);
}
