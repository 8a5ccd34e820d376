import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Account, commandFor } from "./account.ts";
import { serverEnvironment } from "./initialise.ts";
import { type PostgresSettings, settingArguments } from "./settings.ts";

export interface PostgresExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<PostgresExit>;
}

/** The server ended before it was ready; `log` is what it had said. */
export class PostgresStartError extends Error {
  readonly log: string;
  constructor(exit: PostgresExit, log: string) {
    super(
      `PostgreSQL did not start (exit code ${exit.code}, signal ${exit.signal}): ${log.trim() || "it said nothing"}`,
    );
    this.name = "PostgresStartError";
    this.log = log;
  }

  /** The port is taken. */
  get portTaken(): boolean {
    return this.log.includes("could not bind") || this.log.includes("Address already in use");
  }

  /** Backends of a killed predecessor are still on their way out. */
  get predecessorEnding(): boolean {
    return (
      this.log.includes("pre-existing shared memory block") || this.log.includes('"postmaster.pid" already exists')
    );
  }
}

export interface LaunchOptions {
  readonly postgres: string;
  readonly account: Account;
  readonly dataDir: string;
  readonly port: number;
  readonly settings: PostgresSettings;
  readonly onLog: (line: string) => void;
}

/** Starts the server and resolves when it accepts connections. */
export async function launch(options: LaunchOptions): Promise<ServerProcess> {
  const { file, args, ...identity } = commandFor(options.account, options.postgres, [
    "-D",
    options.dataDir,
    "-p",
    String(options.port),
    ...settingArguments(options.settings),
  ]);
  // Its own process group: a Ctrl-C in the terminal reaches the supervisor only, which stops the services first.
  const child = spawn(file, args, {
    ...identity,
    env: serverEnvironment(),
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<PostgresExit>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    let ready = false;
    createInterface({ input: child.stderr }).on("line", (line) => {
      options.onLog(line);
      if (!ready) said.push(line);
      if (!ready && line.includes("database system is ready to accept connections")) {
        ready = true;
        resolve();
      }
    });
    child.once("close", (code, signal) => reject(new PostgresStartError({ code, signal }, said.join("\n"))));
    exited.catch(reject);
  });
  if (child.pid === undefined) throw new Error("PostgreSQL has no process id");
  return { child, pid: child.pid, exited };
}
