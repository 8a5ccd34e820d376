import { setTimeout as delay } from "node:timers/promises";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type PostgresExit,
  startEmbeddedPostgres,
} from "@ordermesh/runtime/embedded-postgres";
import { createBackoff } from "./backoff.ts";

export interface SupervisedPostgresOptions extends EmbeddedPostgresOptions {
  readonly onStart: (pid: number, restarted: boolean) => void;
  readonly onDeath: (exit: PostgresExit | Error, restartInMs: number) => void;
}

export interface SupervisedPostgres {
  readonly pid: number | undefined;
  start(): Promise<EmbeddedPostgres>;
  kill(signal: NodeJS.Signals): boolean;
  stop(): Promise<void>;
}

/** Keeps PostgreSQL running, on the same port, until it is told to stop. */
export function createSupervisedPostgres(options: SupervisedPostgresOptions): SupervisedPostgres {
  const backoff = createBackoff();
  let server: EmbeddedPostgres | undefined;
  let stopping = false;
  let restarting: Promise<void> = Promise.resolve();

  const startOnce = async (restarted: boolean): Promise<EmbeddedPostgres> => {
    const startedAt = Date.now();
    const started = await startEmbeddedPostgres(options);
    server = started;
    options.onStart(started.pid, restarted);
    void started.exited.then((exit) => {
      server = undefined;
      if (!stopping) restarting = restartAfter(exit, Date.now() - startedAt);
    });
    return started;
  };

  const restartAfter = async (reason: PostgresExit | Error, ranForMs: number): Promise<void> => {
    const wait = backoff.next(ranForMs);
    options.onDeath(reason, wait);
    await delay(wait);
    if (stopping) return;
    try {
      await startOnce(true);
    } catch (error) {
      if (!stopping) await restartAfter(error instanceof Error ? error : new Error(String(error)), 0);
    }
  };

  return {
    get pid() {
      return server?.pid;
    },
    start: () => startOnce(false),
    kill: (signal) => {
      if (server === undefined) return false;
      process.kill(server.pid, signal);
      return true;
    },
    stop: async () => {
      stopping = true;
      await restarting;
      await server?.stop();
    },
  };
}
