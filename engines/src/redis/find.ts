import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";
import { findOnPath } from "../find-on-path.ts";

const run = promisify(execFile);
/** Rights by channel came with it, and so did the setting that keeps the command line as we gave it. */
const OLDEST = { major: 6, minor: 2 };
const ANSWER_MS = 10_000;

const howToGet = "Install it (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis)";

/**
 * Path of the redis-server on the PATH of `env`.
 * @throws EngineError REDIS_NOT_FOUND, REDIS_TOO_OLD, both with how to install it
 */
export async function findRedis(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const needed = `Redis ${OLDEST.major}.${OLDEST.minor} or newer is needed`;
  const program = await findOnPath("redis-server", env);
  if (program === undefined) {
    throw new EngineError("REDIS_NOT_FOUND", `${needed}. Found: no redis-server on PATH. ${howToGet}.`);
  }
  const answer = await askVersion(program);
  const version = parseRedisVersion(answer);
  if (version === undefined) {
    throw new EngineError(
      "REDIS_NOT_FOUND",
      `${needed}. Found: ${program}, not usable: ${answer.trim()}. ${howToGet}.`,
    );
  }
  const { major, minor } = version;
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    throw new EngineError("REDIS_TOO_OLD", `${needed}. Found: ${program} is ${major}.${minor}. ${howToGet}.`);
  }
  return program;
}

/** The release in what `redis-server --version` prints, such as "Redis server v=7.0.15 sha=…". Undefined: not understood. */
export function parseRedisVersion(output: string): { major: number; minor: number } | undefined {
  const [, major, minor] = /\bserver v=(\d+)\.(\d+)/.exec(output) ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** What it prints, or why it could not be run. */
async function askVersion(program: string): Promise<string> {
  try {
    return (await run(program, ["--version"], { timeout: ANSWER_MS })).stdout;
  } catch (error) {
    return (error as Error).message;
  }
}
