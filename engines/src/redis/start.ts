import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { EngineError } from "../engine-error.ts";
import { endPredecessor } from "../predecessor.ts";
import { writePrivateFile } from "../private-file.ts";
import { watchOver } from "../watchdog.ts";
import { checkUsers, configurationText, usersText } from "./files.ts";
import type { RedisExit, RedisOptions, RunningRedis } from "./model.ts";
import { createStartLog, waitUntilServing } from "./readiness.ts";

const STOP_TIMEOUT_MS = 5_000;
const MAX_MEMORY_MB = 256;

interface Files {
  readonly configuration: string;
  readonly users: string;
  readonly pid: string;
}

/**
 * Runs a Redis until it is stopped, or this process ends in whatever way. Resolves when it lets its users in. One that
 * still runs on the folder, left over from a killed supervisor, is ended first.
 * @throws EngineError REDIS_PORT_TAKEN, REDIS_START_FAILED with what it said; RangeError for users that cannot be;
 * the reason of `signal` when that aborts
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const { program, port, users, onLog, signal } = options;
  checkUsers(users);
  const [user] = users;
  if (user === undefined) throw new RangeError("users of Redis: there is none");
  const folder = resolve(options.folder);
  const files = await prepare(options, folder);
  signal?.throwIfAborted();
  // Its own process group: a Ctrl-C in the terminal reaches the supervisor only, which stops the services first.
  const child = spawn(program, [files.configuration], {
    cwd: folder,
    env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createStartLog();
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      log.add(line);
      onLog?.(line);
    });
  }
  const exited = new Promise<RedisExit>((done, reject) => {
    child.once("error", reject);
    // Not "exit": by "close" everything it said has been read.
    child.once("close", (code, by) => done({ code, signal: by }));
  }).finally(() => rm(files.pid, { force: true }));
  exited.catch(() => undefined); // Whoever waits for it hears of it; nobody may be waiting yet.
  const { pid } = child;
  if (pid === undefined) return exited.then(unstartable(program), unstartable(program));

  const callOff = watchOver({ pid, engine: "redis", stopTimeoutMs: STOP_TIMEOUT_MS });
  exited.then(callOff, callOff);
  try {
    await writeFile(files.pid, String(pid), { mode: 0o600 });
    await waitUntilServing({ port, user, exited, log, signal });
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw error;
  }
  return {
    pid,
    port,
    exited,
    url: (name) => {
      const password = users.find((candidate) => candidate.name === name)?.password;
      if (password === undefined) throw new RangeError(`Redis has no user ${name}`);
      return `redis://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
    },
    kill: (name) => void child.kill(name),
    stop: () => stop(child, exited),
  };
}

async function prepare({ port, users, maxMemoryMb = MAX_MEMORY_MB }: RedisOptions, folder: string): Promise<Files> {
  const files = {
    configuration: join(folder, "redis.conf"),
    users: join(folder, "users.acl"),
    pid: join(folder, "pid"),
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await endPredecessor({
    pidFile: files.pid,
    isIt: (commandLine) => commandLine.endsWith(` ${files.configuration}`),
    what: "a Redis",
    failure: "REDIS_START_FAILED",
  });
  await writePrivateFile(files.users, usersText(users));
  await writePrivateFile(files.configuration, configurationText({ port, folder, usersFile: files.users, maxMemoryMb }));
  return files;
}

function unstartable(program: string): (cause: unknown) => never {
  return (cause) => {
    const message = `Redis did not start: ${program} cannot be run: ${(cause as Error).message}`;
    throw new EngineError("REDIS_START_FAILED", message, { cause });
  };
}

async function stop(child: ChildProcess, exited: Promise<RedisExit>): Promise<void> {
  child.kill("SIGTERM");
  // One that was stopped by a signal sees no other until it goes on.
  child.kill("SIGCONT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited.finally(() => clearTimeout(timer));
}
