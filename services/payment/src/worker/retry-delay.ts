// How long to wait before an operation is tried again.
import { ExponentialBackoff, halfJitterGenerator } from "cockatiel";

const backoff = new ExponentialBackoff({ generator: halfJitterGenerator, initialDelay: 200, maxDelay: 10_000 });
/** From here on the delay has reached its maximum. */
const longestStep = 7;

/** Milliseconds before the next call after `attempts` failed ones: doubling up to 10 s, half of it random. */
export function retryDelayMs(attempts: number): number {
  let step = backoff.next();
  for (let made = 1; made < Math.min(attempts, longestStep); made++) step = step.next(undefined);
  return step.duration;
}
