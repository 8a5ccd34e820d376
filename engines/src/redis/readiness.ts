import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../engine-error.ts";
import type { RedisExit, RedisUser } from "./model.ts";

const TIMEOUT_MS = 15_000;
const ANSWER_MS = 1_000;
const PAUSE_MS = 20;
const TAIL_LINES = 20;

export interface StartLog {
  add(line: string): void;
  tail(): string;
}

export function createStartLog(): StartLog {
  const lines: string[] = [];
  return {
    add: (line) => {
      lines.push(line);
      if (lines.length > TAIL_LINES) lines.shift();
    },
    tail: () => lines.join("\n") || "it said nothing",
  };
}

export interface Readiness {
  readonly port: number;
  readonly user: RedisUser;
  readonly exited: Promise<RedisExit>;
  readonly log: StartLog;
  readonly signal: AbortSignal | undefined;
}

/**
 * Resolves when the server lets the user in: another program that has the port does not know the password.
 * @throws EngineError REDIS_PORT_TAKEN, REDIS_START_FAILED with what the server said; the reason of `signal`
 */
export async function waitUntilServing({ port, user, exited, log, signal }: Readiness): Promise<void> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  const serving = untilLetIn(port, user, either);
  const late = delay(TIMEOUT_MS, "late" as const, { signal: either });
  // The losers of the race end now or with the server, and nobody else listens to them.
  for (const loser of [serving, late]) loser.catch(() => undefined);
  try {
    const first = await Promise.race([serving, exited, late]);
    if (first === "late") {
      throw new EngineError("REDIS_START_FAILED", `Redis did not serve within ${TIMEOUT_MS / 1000} s: ${log.tail()}`);
    }
    if (first !== "serving") throw startError(first, port, log);
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    over.abort();
  }
}

async function untilLetIn(port: number, user: RedisUser, signal: AbortSignal): Promise<"serving"> {
  while (!(await letsIn(port, user))) await delay(PAUSE_MS, undefined, { signal });
  return "serving";
}

/** A refused connection is the ordinary answer of a server that is not ready; how it ends is the other racers' part. */
function letsIn(port: number, { name, password }: RedisUser): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let said = "";
    const done = (good: boolean) => {
      socket.destroy();
      resolve(good);
    };
    socket.setTimeout(ANSWER_MS, () => done(false));
    socket.on("error", () => done(false));
    socket.on("close", () => done(false));
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1");
      // A user without the right to PING is let in all the same.
      const answers = /^\+OK\r\n(\+PONG|-NOPERM .*)\r\n$/.test(said);
      if (answers || said.startsWith("-")) done(answers);
    });
    socket.write(command("AUTH", name, password) + command("PING"));
  });
}

/** As the protocol wants it: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

function startError({ code, signal }: RedisExit, port: number, log: StartLog): EngineError {
  const said = log.tail();
  if (/bind: Address already in use/i.test(said)) {
    const help = "End that program, or choose another port";
    return new EngineError(
      "REDIS_PORT_TAKEN",
      `Redis cannot listen on 127.0.0.1:${port}: another program does. ${help}.`,
    );
  }
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return new EngineError("REDIS_START_FAILED", `Redis ended before it served (${end}): ${said}`);
}
