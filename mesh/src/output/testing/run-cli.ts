// Runs the command line as a process, for tests.
import { execFile } from "node:child_process";
import { join } from "node:path";

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const cli = join(import.meta.dirname, "../../cli.ts");

/** Output is piped, and nothing of the caller's environment says anything of colours. */
export function runCli(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const { NO_COLOR, FORCE_COLOR, ...inherited } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, ...words],
      { cwd: folder, env: { ...inherited, ...environment }, timeout: 30_000 },
      (_error, out, error) => resolve({ code: child.exitCode ?? -1, out, error }),
    );
  });
}
