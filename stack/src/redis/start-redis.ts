import { findRedis, startRedis as launchRedis, type RunningRedis } from "@ordermesh/engines/redis";
import type { Layout } from "../data-folder/layout.ts";
import type { Secrets } from "../data-folder/secrets.ts";
import { forPeople } from "../for-people.ts";
import type { LogLine } from "../output/log-line.ts";
import { readRedisLine } from "../output/redis-line.ts";
import { createSupervisedServer } from "../processes/supervised-server.ts";
import type { RedisPlace } from "./place.ts";
import { redisRules, redisUsers } from "./users.ts";

export interface StartRedisOptions {
  /** From getRedis. */
  readonly program: string;
  readonly layout: Layout;
  readonly secrets: Secrets;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

/** Finds Redis on the machine; a UserError says how to get it. */
export function getRedis(): Promise<string> {
  return forPeople(findRedis());
}

/**
 * Starts Redis under supervision, with a user for each program that uses it. It keeps nothing on disk: what it holds is
 * made again from the orders and the events, and after a restart it begins empty.
 */
export async function startRedis(options: StartRedisOptions, cleanUp: AsyncDisposableStack): Promise<RedisPlace> {
  const { program, layout, secrets, port, signal, onLog, onChange } = options;
  const users = redisUsers.map((name) => ({ name, password: secrets.redis[name] ?? "", rules: redisRules[name] }));
  const launch = (): Promise<RunningRedis> =>
    launchRedis({
      program,
      folder: layout.redis,
      port,
      users,
      onLog: (text) => {
        const line = readRedisLine(text, new Date());
        if (line !== undefined) onLog(line);
      },
      ...(signal === undefined ? {} : { signal }),
    });
  const server = createSupervisedServer({ name: "redis", launch, onLog, onChange });
  cleanUp.defer(() => server.stop());
  const running = await forPeople(server.start());
  return {
    server,
    toolsUrl: running.url("tools"),
    programUrls: {
      order: running.url("order"),
      gateway: running.url("gateway"),
      inventory: running.url("inventory"),
    },
  };
}
