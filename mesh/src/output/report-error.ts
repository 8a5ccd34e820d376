// What people see when a command cannot do its work, and the exit code that goes with it.
import { CommanderError } from "commander";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { MeshFilesError } from "../files/positioned.ts";

export interface Failure {
  /** Empty where it is said already. */
  readonly message: string;
  readonly exitCode: number;
}

/** The message and the exit code of anything that was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    return { message: "", exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage };
  }
  if (error instanceof MeshFilesError) return { message: error.message, exitCode: exitCodes.usage };
  if (error instanceof UsageError) return { message: `error: ${error.message}`, exitCode: exitCodes.usage };
  if (!(error instanceof Error)) return { message: `internal error: ${String(error)}`, exitCode: exitCodes.broken };
  // By name: only commands that start engines load that package, and most do not.
  if (error.name === "EngineError") return { message: `error: ${error.message}`, exitCode: exitCodes.missing };
  if (isFileError(error)) return { message: `error: ${error.message}`, exitCode: exitCodes.usage };
  return { message: `internal error: ${error.stack ?? error.message}`, exitCode: exitCodes.broken };
}

const fileErrors: readonly unknown[] = ["ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "EEXIST"];

/** A file that was named and cannot be read or written. */
const isFileError = (error: Error): boolean => "path" in error && "code" in error && fileErrors.includes(error.code);
