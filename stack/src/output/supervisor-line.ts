import type { LogLine } from "./log-line.ts";

/** An event of the stack itself, among the logs of its processes. */
export function supervisorLine(level: LogLine["level"], message: string, fields: LogLine["fields"] = {}): LogLine {
  return { time: new Date(), source: "stack", level, message, fields };
}

/** How a process ended, as fields of a line. */
export function exitFields(exit: { code: number | null; signal: string | null } | Error): LogLine["fields"] {
  if (exit instanceof Error) return { reason: exit.message };
  return exit.signal === null ? { exitCode: exit.code } : { signal: exit.signal };
}
