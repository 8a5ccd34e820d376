import type { LogLine } from "./log-line.ts";

const pattern = /\[\d+\] (DEBUG\d?|LOG|NOTICE|INFO|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|STATEMENT|CONTEXT): {2}(.*)$/;

/**
 * Reads a line of PostgreSQL's log. Errors of single statements are the business of whoever ran them, and statements
 * may hold customers' data: only what concerns the server as a whole is shown.
 */
export function readPostgresLine(server: string, text: string, now: Date): LogLine | undefined {
  const [, severity, message = ""] = pattern.exec(text) ?? [];
  const line = { time: now, source: server, message, fields: {} };
  if (severity === "PANIC") return { ...line, level: "fatal" };
  if (severity === "FATAL") return { ...line, level: "error" };
  if (severity === "WARNING") return { ...line, level: "warn" };
  if (severity === "LOG") return { ...line, level: "debug" };
  return undefined;
}
