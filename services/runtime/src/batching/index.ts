export { type Batcher, type BatcherOptions, createBatcher } from "./batcher.ts";
export { createPace, type Pace, type PaceOptions } from "./pace.ts";
