import { createLogger, type Logger } from "../../../logging/index.ts";

export interface CapturedLogger {
  readonly logger: Logger;
  /** The lines as they were written. */
  readonly lines: readonly string[];
  /** The messages of a level, in order. */
  messages(level: "debug" | "info" | "warn" | "error"): string[];
}

/** A logger as services have it, whose lines a test can look at. */
export function createCapturedLogger(): CapturedLogger {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return {
    logger: createLogger({ name: "event-log", instance: "spec", level: "debug", destination }),
    lines,
    messages: (wanted) =>
      lines
        .map((line) => JSON.parse(line) as { level: string; msg: string })
        .filter(({ level }) => level === wanted)
        .map(({ msg }) => msg),
  };
}
