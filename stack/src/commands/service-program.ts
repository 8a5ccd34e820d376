import { runProgram } from "../programs/run-program.ts";
import { checkRebuild, type RebuiltStore, rebuilds, servicePrograms } from "../programs/service-programs.ts";
import { runningState } from "../running-state.ts";

/** `npm run shards`: how the orders are spread over the shards; `npm run shards -- move …`: moves some of them. */
export async function shards(args: readonly string[], options: { readonly data: string }): Promise<void> {
  process.exitCode = await runProgram(servicePrograms.shards, args, await runningState(options.data));
}

/** `npm run rebuild -- notification` or `index`: makes the store anew from the events. */
export async function rebuild(
  store: RebuiltStore,
  args: readonly string[],
  options: { readonly data: string },
): Promise<void> {
  const state = await runningState(options.data);
  checkRebuild(store, state);
  process.exitCode = await runProgram(rebuilds[store], args, state);
}
