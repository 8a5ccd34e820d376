import { Counter, Gauge, type Metric } from "prom-client";

/** 1 while Redis answers this process, else 0. */
export const redisUp = new Gauge({
  name: "ordermesh_redis_up",
  help: "1 while Redis answers, else 0.",
  registers: [],
});

/** What this process did without, by why. */
export const redisFailures = new Counter({
  name: "ordermesh_redis_failures_total",
  help: "Uses of Redis that failed: no answer in time (timeout), connection lost (connection), known to be away (away).",
  labelNames: ["reason"],
  registers: [],
});

/** For the scrapes of a process that has a Redis. */
export const redisMetrics: readonly Metric[] = [redisUp, redisFailures];
