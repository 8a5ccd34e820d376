import { spawn } from "node:child_process";
import type { CommandOptions, CommandOutput } from "./model.ts";

/** A program that said no: kubectl with the reasons of the server, istioctl with its own. */
export class CommandError extends Error {
  readonly code = "COMMAND_FAILED";
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  constructor(command: string, exitCode: number | null, { stdout, stderr }: CommandOutput) {
    super(`${command} failed, exit code ${exitCode}: ${stderr.trim() || stdout.trim() || "it said nothing"}`);
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export interface CommandToRun extends CommandOptions {
  readonly file: string;
  /** For people: "kubectl apply". */
  readonly title: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs: number;
}

/**
 * Runs a program to its end.
 * @throws CommandError when its exit code is not 0, or it was ended for it took too long; the signal's reason
 */
export async function runCommand(command: CommandToRun): Promise<CommandOutput> {
  const { file, title, args, env, cwd, stdin = "", timeoutMs, signal } = command;
  signal?.throwIfAborted();
  const child = spawn(file, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
  const abort = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", abort);
  const timer = setTimeout(abort, timeoutMs);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on("error", () => undefined); // One that reads nothing closes it; its exit code says the rest.
  child.stdin.end(stdin);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
  signal?.throwIfAborted();
  const output = { stdout: stdout.join(""), stderr: stderr.join("") };
  if (exitCode !== 0) throw new CommandError(title, exitCode, output);
  return output;
}

function collect(stream: NodeJS.ReadableStream): string[] {
  const parts: string[] = [];
  stream.setEncoding("utf8").on("data", (text: string) => parts.push(text));
  return parts;
}
