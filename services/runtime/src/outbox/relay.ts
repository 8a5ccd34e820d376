import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, createPace, type Pace } from "../batching/index.ts";
import type { Database } from "../database/index.ts";
import { type EventLog, RecordTooLargeError } from "../event-log/index.ts";
import type { Logger } from "../logging/index.ts";
import { type LeaderSession, openLeaderSession } from "./leadership.ts";
import { createOutboxReader, type OutboxCommit, type OutboxReader } from "./outbox-reader.ts";
import { createWakeUp } from "./wake-up.ts";

/** The fallback when a notification is lost. */
const POLL_MS = 500;
const BACKOFF = { firstMs: 50, longestMs: 2_000 };

/**
 * How far apart rounds start: in a rush one round carries many commits. An idle relay is not delayed. Relays of one
 * process share one pace: what counts is how busy the process is, and a shard's share of that says too little. Several
 * do fewer rounds each, since each carries less.
 */
export const createRelayPace = (relays = 1): Pace =>
  createPace({ idleMs: 4, busyMs: relays === 1 ? 40 : 80, quietPerSecond: 50, busyPerSecond: 1_200 });

export interface Relay {
  start(): void;
  stop(): Promise<void>;
  /** Something was committed. */
  wake(): void;
  isLeader(): boolean;
}

/**
 * Publishes an outbox to the event log as long as it leads: one leader per database, by a session advisory lock. Every
 * process of a service runs one; when the leader stops or dies another takes over.
 */
export function createRelay(o: {
  database: Database;
  log: Pick<EventLog, "append">;
  logger: Logger;
  pace: Pace;
}): Relay {
  const { database, log, logger, pace } = o;
  const wakeUp = createWakeUp();
  let stopping = false;
  let leading: LeaderSession | undefined;
  let running: Promise<void> | undefined;

  /** A pause that only stop() or a lost connection cuts short: a new commit must not defeat the backoff. */
  async function backOff(ms: number, lost: () => boolean = () => false): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; left > 0 && !stopping && !lost(); left = until - performance.now()) await wakeUp.wait(left);
  }

  /**
   * Appends commits in their order. When the log finds a record too large, which no repeat would mend, each commit is
   * appended alone to see which it is; that one is set aside and the others pass.
   */
  async function append(commits: readonly OutboxCommit[], reader: OutboxReader): Promise<void> {
    try {
      await log.append(commits.flatMap(({ records }) => records));
    } catch (error) {
      const [only, ...others] = commits;
      if (!(error instanceof RecordTooLargeError) || only === undefined) throw error;
      if (others.length === 0) reader.setAside(only, error);
      else for (const commit of commits) await append([commit], reader);
      return;
    }
    for (const commit of commits) reader.acknowledge(commit);
  }

  async function publish(session: LeaderSession): Promise<void> {
    const reader = createOutboxReader(session.client, logger);
    let failures = 0;
    while (!stopping) {
      if (session.lost()) throw new Error("the connection ended");
      const startedAt = performance.now();
      const commits = await reader.next();
      if (commits.length === 0) {
        await wakeUp.wait(POLL_MS);
      } else {
        try {
          await append(commits, reader);
          pace.passed(commits.reduce((sum, { records }) => sum + records.length, 0));
          failures = 0;
        } catch (error) {
          failures++;
          logger.warn({ err: error, failures }, "event log refused outbox records; they will be sent again");
          await backOff(backoffMs(failures, BACKOFF), session.lost);
        }
      }
      const earlyMs = startedAt + pace.intervalMs() - performance.now();
      if (earlyMs > 0) await delay(earlyMs);
    }
    await reader.settle();
  }

  async function candidacy(): Promise<void> {
    const session = await openLeaderSession(database, wakeUp);
    try {
      if (!(await session.lead(() => stopping))) return;
      leading = session;
      logger.debug("outbox relay leads");
      await publish(session);
    } finally {
      leading = undefined;
      await session.leave();
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping; ) {
      const startedAt = performance.now();
      try {
        await candidacy();
      } catch (error) {
        logger.warn({ err: error }, "outbox relay lost its connection");
      }
      failures = performance.now() - startedAt > BACKOFF.longestMs ? 1 : failures + 1;
      if (!stopping) await backOff(backoffMs(failures, BACKOFF));
    }
  }

  return {
    start() {
      if (!stopping) running ??= run();
    },
    async stop() {
      stopping = true;
      wakeUp.ring();
      await running;
    },
    wake: () => wakeUp.ring(),
    isLeader: () => leading?.lost() === false,
  };
}
