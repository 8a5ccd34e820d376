export { EngineError, type EngineErrorCode } from "../engine-error.ts";
export { findFreePorts } from "../free-ports.ts";
export { findRedis } from "./find.ts";
export type { RedisExit, RedisOptions, RedisUser, RunningRedis } from "./model.ts";
export { startRedis } from "./start.ts";
