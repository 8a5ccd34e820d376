export { type Backoff, backoffMs } from "./backoff.ts";
export { type Batcher, type BatcherOptions, createBatcher } from "./batcher.ts";
export { createPace, type Pace, type PaceOptions } from "./pace.ts";
