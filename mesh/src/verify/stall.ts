// How long this process was kept from running: servers, clients and clocks of a run are all in it.
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Above it, timeouts of policies may pass for no fault of a proxy. */
export const harmfulStallMs = 60;

/** How well the machine that drove a run could keep up. */
export interface Soundness {
  /** The longest time in which the driver could not run. */
  readonly stallMs: number;
  /** Whether it is the second run, for a stall in the first. */
  readonly repeated: boolean;
}

/** Runs `run` and tells the longest time in which nothing else of this process could. */
export async function watchingStalls<T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly stallMs: number }> {
  const monitor = monitorEventLoopDelay({ resolution: 10 });
  monitor.enable();
  try {
    const result = await run();
    return { result, stallMs: monitor.max / 1e6 };
  } finally {
    monitor.disable();
  }
}
