import { spawn } from "node:child_process";

/** Of what an installer says, the end is what matters. */
const TAIL = 2_000;

export interface InstallerRun {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export interface InstallerAnswer {
  readonly code: number | null;
  /** The end of what it said on either stream. */
  readonly said: string;
}

/**
 * Runs a package manager to its end.
 * @throws the error of the start, when the program cannot be run; the signal's reason
 */
export async function runInstaller({ file, args, env, signal }: InstallerRun): Promise<InstallerAnswer> {
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const abort = () => child.kill("SIGTERM");
  signal?.addEventListener("abort", abort);
  let said = "";
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-TAIL);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => signal?.removeEventListener("abort", abort));
  signal?.throwIfAborted();
  return { code, said: said.trim() || "nothing" };
}
