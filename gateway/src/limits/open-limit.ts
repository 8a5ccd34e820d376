import type { Logger } from "@ordermesh/runtime/logging";
import type { RedisPort } from "@ordermesh/runtime/redis";
import { type CallLimit, type CallLimits, createOwnLimit } from "./call-limit.ts";
import { createSharedLimit } from "./shared-limit.ts";

/** The limit of the gateway: shared with the others when there is a Redis; none when `perSecond` is 0. */
export function openLimit(
  limits: CallLimits,
  redis: RedisPort | undefined,
  logger: Pick<Logger, "error">,
): CallLimit | undefined {
  if (limits.perSecond === 0) return undefined;
  return redis === undefined ? createOwnLimit(limits) : createSharedLimit({ limits, redis, logger });
}
