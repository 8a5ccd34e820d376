import type { EnvoyAdmin } from "./admin.ts";

/** What is needed to run Envoy. */
export interface EnvoyInstallation {
  readonly version: string;
  /** Path of the program. */
  readonly binary: string;
}

export type EnvoyLogLevel = "trace" | "debug" | "info" | "warning" | "error" | "critical";

export interface EnvoyOptions {
  readonly installation: EnvoyInstallation;
  /**
   * Names its files in the folder: letters, digits, "_", "-" and ".". One of that name that still runs there, left over
   * from a killed supervisor, is ended first: let no two living ones share it.
   */
  readonly name: string;
  /** The bootstrap itself, or the path of a file (JSON or YAML by its ending) that holds it. */
  readonly bootstrap: object | string;
  /** Holds the log `<name>.log`, and is what relative paths in the bootstrap begin at. Made when missing. */
  readonly folder: string;
  /** Of 127.0.0.1, whatever admin address the bootstrap has; 0, the default, is one that is free. */
  readonly adminPort?: number;
  /** Worker threads, 1 by default. */
  readonly concurrency?: number;
  /** Default: "warning". */
  readonly logLevel?: EnvoyLogLevel;
  /** Called once after a successful start, when the process has ended, asked to or not. */
  readonly onExit?: (exit: EnvoyExit) => void;
}

export interface EnvoyExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether `stop` had been called before. */
  readonly asked: boolean;
}

/** A running Envoy. Statistics, host health and configuration are asked of its admin endpoint. */
export interface EnvoyProcess extends Omit<EnvoyAdmin, "address"> {
  readonly name: string;
  readonly pid: number;
  /** 127.0.0.1:port */
  readonly adminAddress: string;
  readonly logFile: string;
  /** Resolves when it has ended, asked to or not. */
  readonly exited: Promise<EnvoyExit>;
  /** Such as SIGKILL, SIGSTOP and SIGCONT. Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /**
   * Lets the calls under way finish for at most `drainTimeoutMs` (default 0: SIGTERM cuts them off), then SIGTERM, and
   * SIGKILL after 5 s. Resolves when it has ended; does nothing when it has.
   */
  stop(options?: { readonly drainTimeoutMs?: number }): Promise<void>;
}
