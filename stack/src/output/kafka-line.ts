import type { Level, LogLine } from "./log-line.ts";

const pattern = /^\S+ (TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (\S+) (.*)$/;

/**
 * Reads a line of a broker's log. It warns of much that mends itself, such as another broker that is away: only errors
 * are shown. Undefined for what is no line of its log, such as a stack trace.
 */
export function readKafkaLine(broker: string, text: string, now: Date): LogLine | undefined {
  const [, severity = "", origin = "", message = ""] = pattern.exec(text) ?? [];
  const level = levels[severity];
  return level === undefined ? undefined : { time: now, source: broker, level, message, fields: { origin } };
}

const levels: Readonly<Record<string, Level>> = {
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "debug",
  WARN: "debug",
  ERROR: "error",
  FATAL: "fatal",
};
