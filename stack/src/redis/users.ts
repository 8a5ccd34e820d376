import type { ProgramName } from "../processes/topology.ts";

/** Who logs in to Redis: each program that uses it as itself, the tools as `tools`. */
export const redisUsers = ["order", "gateway", "inventory", "tools"] as const satisfies readonly (
  | ProgramName
  | "tools"
)[];
export type RedisUserName = (typeof redisUsers)[number];

const scripts = ["+eval", "+evalsha", "+script|load"];
/** The last word: nothing that empties it, lists all of it or changes its settings. */
const harmless = "-@dangerous";

/**
 * What each may do, as words of an access list (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/):
 * its own keys and channels, and no other.
 */
export const redisRules: Readonly<Record<RedisUserName, readonly string[]>> = {
  order: [
    "~ordermesh:index:*",
    "&ordermesh:prices",
    ...["+@connection", "+@read", "+@write", "+subscribe", "+unsubscribe", ...scripts, harmless],
  ],
  gateway: ["~ordermesh:limit:*", "+@connection", "+@read", "+@write", ...scripts, harmless],
  inventory: ["&ordermesh:prices", "+@connection", "+publish", harmless],
  tools: ["~*", "&*", "+@all"],
};
