import { execFile } from "node:child_process";
import { dirname, resolve } from "node:path";
import { EngineError } from "../engine-error.ts";
import { environment } from "./environment.ts";
import type { EnvoyInstallation } from "./model.ts";
import { linesOf } from "./said.ts";

const TIMEOUT_MS = 30_000;

export interface ValidateOptions {
  /** What relative paths in the bootstrap begin at; default: the file's own folder. */
  readonly folder?: string;
}

/**
 * Lets Envoy itself read a bootstrap without running it: unknown fields, ranges, names that nothing has, files of
 * certificates that are not there. Opens no port.
 * @returns Envoy's warnings, those of deprecated fields among them
 * @throws EngineError ENVOY_CONFIG_INVALID with the file and what Envoy said; ENVOY_START_FAILED when it cannot run
 */
export async function validateBootstrap(
  installation: EnvoyInstallation,
  file: string,
  { folder = dirname(file) }: ValidateOptions = {},
): Promise<readonly string[]> {
  const log = ["-l", "warning", "--log-format", "%l: %v"];
  const args = ["--mode", "validate", "--disable-hot-restart", ...log, "-c", resolve(file)];
  const { failure, said } = await run(installation.binary, args, folder);
  if (failure === undefined) return linesOf(said).filter((line) => line.startsWith("warning: "));
  // No exit code: it was not Envoy that found a fault.
  if (typeof failure.code !== "number") {
    const message = `Envoy (${installation.binary}) could not validate ${file}: ${failure.message}`;
    throw new EngineError("ENVOY_START_FAILED", message, { cause: failure });
  }
  const faults = linesOf(said).map((line) => line.replace(/^critical: /, ""));
  throw new EngineError("ENVOY_CONFIG_INVALID", `${file} is no valid bootstrap of Envoy: ${faults.join("\n")}`);
}

interface Outcome {
  readonly failure: (Error & { readonly code?: unknown }) | undefined;
  readonly said: string;
}

function run(binary: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((done) => {
    execFile(binary, args, { cwd, env: environment(), timeout: TIMEOUT_MS }, (error, _stdout, stderr) => {
      done({ failure: error ?? undefined, said: stderr });
    });
  });
}
