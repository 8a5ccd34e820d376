import { setTimeout as delay } from "node:timers/promises";
import type { LogLine } from "../output/log-line.ts";
import { exitFields, supervisorLine } from "../output/supervisor-line.ts";
import { createBackoff } from "./backoff.ts";
import type { ProcessExit } from "./supervised-process.ts";

/** A server that somebody else knows how to start and to stop: PostgreSQL, a Kafka broker. */
export interface RunningServer {
  readonly pid: number;
  /** Resolves when it has ended, asked to or not. */
  readonly exited: Promise<ProcessExit | Error>;
  stop(): Promise<void>;
}

export interface SupervisedServerOptions<Server extends RunningServer> {
  readonly name: string;
  /** Resolves when it serves. */
  readonly launch: () => Promise<Server>;
  readonly onLog: (line: LogLine) => void;
  /** It has started or ended. */
  readonly onChange: () => void;
}

export interface SupervisedServer<Server extends RunningServer> {
  readonly name: string;
  /** Undefined while it does not serve. */
  readonly pid: number | undefined;
  start(): Promise<Server>;
  kill(signal: NodeJS.Signals): boolean;
  /** Kills it and does not launch it again before `release`; false, and without effect, when it does not serve. */
  hold(): boolean;
  release(): void;
  /** From now on its death is final. Resolves when a restart that was under way has ended. */
  letGo(): Promise<void>;
  stop(): Promise<void>;
}

/** What a stack needs to know of the servers that it runs: brokers, sidecars. */
export type Killable = Pick<SupervisedServer<never>, "name" | "pid" | "kill" | "hold" | "release">;

/** Keeps a server running until it is told to stop: one that ends is launched again, ever later if it keeps dying. */
export function createSupervisedServer<Server extends RunningServer>(
  options: SupervisedServerOptions<Server>,
): SupervisedServer<Server> {
  const { name, launch, onLog, onChange } = options;
  const backoff = createBackoff();
  const stopping = new AbortController();
  let server: Server | undefined;
  let restarting: Promise<void> = Promise.resolve();
  /** Resolved by its release. */
  let held: PromiseWithResolvers<void> | undefined;

  const startOnce = async (): Promise<Server> => {
    const started = await launch();
    const startedAt = Date.now();
    server = started;
    onChange();
    void started.exited.catch(asError).then((exit) => {
      server = undefined;
      if (!stopping.signal.aborted) restarting = restartAfter(exit, Date.now() - startedAt);
    });
    return started;
  };

  const restartAfter = async (reason: ProcessExit | Error, ranForMs: number): Promise<void> => {
    const restartInMs = backoff.next(ranForMs);
    onChange();
    onLog(supervisorLine("error", `${name} died`, { ...exitFields(reason), restartInMs }));
    // An aborted wait is the end of it, as the check below finds.
    await delay(restartInMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    await held?.promise;
    if (stopping.signal.aborted) return;
    try {
      const { pid } = await startOnce();
      onLog(supervisorLine("warn", `${name} is started again`, { pid }));
    } catch (error) {
      if (!stopping.signal.aborted) await restartAfter(asError(error), 0);
    }
  };

  const kill = (signal: NodeJS.Signals): boolean => {
    if (server === undefined) return false;
    process.kill(server.pid, signal);
    return true;
  };

  const release = (): void => {
    held?.resolve();
    held = undefined;
  };

  const letGo = (): Promise<void> => {
    stopping.abort();
    release();
    return restarting;
  };

  return {
    name,
    get pid() {
      return server?.pid;
    },
    start: startOnce,
    kill,
    hold: () => {
      const killed = kill("SIGKILL");
      if (killed) held ??= Promise.withResolvers();
      return killed;
    },
    release,
    letGo,
    stop: async () => {
      await letGo();
      await server?.stop();
    },
  };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
