export { redisMetrics } from "./metrics.ts";
export { openRedis, type RedisOptions } from "./open-redis.ts";
export { RedisAwayError, type RedisClient, type RedisPort } from "./port.ts";
