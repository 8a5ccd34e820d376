/** Someone who may log in. */
export interface RedisUser {
  /** Letters, digits, ".", "_" and "-". */
  readonly name: string;
  readonly password: string;
  /** What the user may do, as words of an ACL rule: "~ordermesh:index:*", "&ordermesh:prices", "+@read", "+ping". */
  readonly rules: readonly string[];
}

export interface RedisOptions {
  /** Path of the program, from findRedis. */
  readonly program: string;
  /** Holds the configuration, the users and the process id. Made when missing; no two living servers share it. */
  readonly folder: string;
  /** Of 127.0.0.1. */
  readonly port: number;
  /** At least one. Nobody else gets in. */
  readonly users: readonly RedisUser[];
  /** 256 by default. Beyond it the entries that end soonest go first. */
  readonly maxMemoryMb?: number;
  /** Receives what the server says, line by line. */
  readonly onLog?: (line: string) => void;
  /** Calls the start off; a server that has started is not touched. */
  readonly signal?: AbortSignal;
}

export interface RedisExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Redis that keeps nothing on disk: when it ends, what it held is gone. */
export interface RunningRedis {
  readonly pid: number;
  readonly port: number;
  /** redis://user:password@127.0.0.1:port. Throws RangeError for a name that is not among the users. */
  url(user: string): string;
  /** Resolves when it has ended, asked to or not. */
  readonly exited: Promise<RedisExit>;
  /** Such as SIGKILL, SIGSTOP and SIGCONT. Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after 5 s. Resolves when it has ended; does nothing when it has. */
  stop(): Promise<void>;
}
