// Finds the stack to work on: the one that runs on the data folder, or one that is started for the occasion.
import { readStackState, type StackState, startStack, UserError } from "@ordermesh/stack";

export interface Attached {
  /** True when the stack was started here and `release` stops it. */
  readonly started: boolean;
  /** What stack.json says now; processes that were restarted have a new pid. */
  state(): Promise<StackState>;
  release(): Promise<void>;
}

/** Attaches to the stack that runs on `dataDir`; says how to start one when none does. */
export async function attach(dataDir: string): Promise<Attached> {
  const state = async (): Promise<StackState> => {
    const found = await readStackState(dataDir);
    if (found === undefined)
      throw new UserError(
        "STACK_NOT_RUNNING",
        `no stack runs on ${dataDir}; start one with: npm start -- --data ${dataDir}`,
      );
    return found;
  };
  await state();
  return { started: false, state, release: () => Promise.resolve() };
}

/** Attaches to the stack that runs on `dataDir`, or starts one there; `say` is told when that takes time. */
export async function attachOrStart(dataDir: string, say: (line: string) => void): Promise<Attached> {
  if ((await readStackState(dataDir)) !== undefined) return attach(dataDir);
  say(`no stack runs on ${dataDir}: starting one`);
  const stack = await startStack({ dataDir, port: 0 });
  return { started: true, state: () => Promise.resolve(stack.state()), release: () => stack.stop() };
}
