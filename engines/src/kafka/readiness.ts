import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../engine-error.ts";
import type { BrokerExit } from "./model.ts";
import { askApiVersions } from "./requests.ts";
import { openWire } from "./wire.ts";

/** A broker that finds no majority of controllers gives up by itself after 60 s; one that hangs does not. */
const TIMEOUT_MS = 90_000;
const PAUSE_MS = 20;
const TAIL_LINES = 30;

/** What a broker says while it starts. */
export interface StartLog {
  readonly name: string;
  readonly started: Promise<void>;
  add(line: string): void;
  tail(): string;
}

export function createStartLog(name: string): StartLog {
  const lines: string[] = [];
  const started = Promise.withResolvers<void>();
  return {
    name,
    started: started.promise,
    add: (line) => {
      if (line.includes("Kafka Server started")) started.resolve();
      lines.push(line);
      if (lines.length > TAIL_LINES) lines.shift();
    },
    tail: () => lines.join("\n"),
  };
}

export interface Readiness {
  readonly port: number;
  readonly secure: boolean;
  readonly exited: Promise<BrokerExit>;
  readonly log: StartLog;
}

/**
 * Resolves when the broker's own log says that it has started, and its port answers. Either alone misleads: another
 * broker may answer on a port that this one found taken.
 * @throws EngineError KAFKA_PORT_TAKEN, KAFKA_START_FAILED
 */
export async function waitUntilServing({ port, secure, exited, log }: Readiness): Promise<void> {
  const over = new AbortController();
  const ended = exited.then((exit) => {
    throw startError(exit, log);
  });
  const late = delay(TIMEOUT_MS, undefined, { signal: over.signal }).then(() => {
    throw new EngineError(
      "KAFKA_START_FAILED",
      `${log.name} did not serve within ${TIMEOUT_MS / 1000} s: ${log.tail()}`,
    );
  });
  const ready = log.started.then(() => untilAnswered(port, secure, over.signal));
  try {
    await Promise.race([ready, ended, late]);
  } finally {
    over.abort();
    // The losers of the race end now or with the broker, and nobody else listens to them.
    for (const loser of [ready, ended, late]) loser.catch(() => undefined);
  }
}

async function untilAnswered(port: number, secure: boolean, signal: AbortSignal): Promise<void> {
  while (!(await answers(port, secure))) await delay(PAUSE_MS, undefined, { signal });
}

/** A refused connection is the ordinary answer of a broker that is not ready; how it ends is the other racers' part. */
async function answers(port: number, secure: boolean): Promise<boolean> {
  try {
    const wire = await openWire(port, { secure });
    await askApiVersions(wire).finally(() => wire.close());
    return true;
  } catch {
    return false;
  }
}

export function startError({ code, signal }: BrokerExit, log: Pick<StartLog, "name" | "tail">): EngineError {
  const said = log.tail();
  const taken = /failed to bind to (?:\S*\/)?(\S+): Address already in use/i.exec(said)?.[1];
  if (taken !== undefined) {
    return new EngineError(
      "KAFKA_PORT_TAKEN",
      `${log.name} cannot listen on ${taken}: another program does. End that program, or choose another port.`,
    );
  }
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return new EngineError(
    "KAFKA_START_FAILED",
    `${log.name} ended before it served (${end}): ${said || "it said nothing"}`,
  );
}
