// Runs one check.
import { type Check, type CheckContext, type CheckResult, hasFailed } from "./check.ts";
import { harmfulStallMs, type Soundness, watchingStalls } from "./stall.ts";

export interface CheckRun extends CheckResult, Soundness {}

/** A check that failed while this process was kept from running is run once more, and what then comes counts. */
export async function runCheck(check: Check, context: CheckContext): Promise<CheckRun> {
  const first = await runOnce(check, context);
  if (first.stallMs <= harmfulStallMs || !hasFailed(first)) return { ...first, repeated: false };
  return { ...(await runOnce(check, context)), repeated: true };
}

async function runOnce({ name, claim, run }: Check, context: CheckContext): Promise<Omit<CheckRun, "repeated">> {
  const start = performance.now();
  const { result: found, stallMs } = await watchingStalls(() => run(context).catch(messageOf));
  return {
    name,
    claim,
    findings: typeof found === "string" ? [] : found,
    durationMs: performance.now() - start,
    error: typeof found === "string" ? found : undefined,
    stallMs,
  };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
