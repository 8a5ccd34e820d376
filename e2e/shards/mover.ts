// The mover as its operator runs it, but as a process of its own, so that it can be killed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { stackState } from "../processes.ts";

const program = fileURLToPath(new URL("../../services/order/src/shards-cli.ts", import.meta.url));
const dieAtStep = new URL("./die-at-step.ts", import.meta.url).href;

/** What the mover prints at the end, with --json. */
export interface Moved {
  readonly event: "moved";
  readonly buckets: readonly number[];
  readonly orders: number;
  readonly rows: number;
  readonly longestPauseMs: number;
  readonly fences: number;
}

/** Runs `move` to its end, or to the step at which it is killed. */
async function run(buckets: string, to: string, step: string | undefined): Promise<{ signal: unknown; said: string }> {
  const { serviceEnvironments } = await stackState();
  const kill = step === undefined ? [] : ["--import", dieAtStep];
  const child = spawn(process.execPath, [...kill, program, "move", "--buckets", buckets, "--to", to, "--json"], {
    env: { ...process.env, ...serviceEnvironments.order, ORDERMESH_INSTANCE: "mover", DIE_AT_STEP: step },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said, [code, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== null && code !== 0) throw new Error(`the mover ended with ${code}: ${said}`);
  return { signal, said };
}

/** Starts or resumes a move and kills it with SIGKILL when it comes to the step. */
export async function killMoverAt(step: string, buckets: string, to: string): Promise<void> {
  const { signal, said } = await run(buckets, to, step);
  if (signal !== "SIGKILL") throw new Error(`the mover did not come to ${step}: ${said}`);
}

export async function move(buckets: string, to: string): Promise<Moved> {
  const { said } = await run(buckets, to, undefined);
  const last = said.trim().split("\n").at(-1) ?? "";
  const moved: Moved = JSON.parse(last);
  if (moved.event !== "moved") throw new Error(`the mover ended with: ${last}`);
  return moved;
}
