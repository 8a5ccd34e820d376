import type { LogLine } from "./log-line.ts";

// Process, role (X sentinel, C child, S replica, M itself), time, mark (. debug, - verbose, * notice, # warning).
const pattern = /^\d+:[XCSM] .*? ([.*#-]) (.*)$/;
const trouble = /\b(error|fail(ed|ure)?|can't|cannot|bug report|out of memory)\b/i;

/**
 * Reads a line of Redis's log. It marks what it says at every start as warnings too: only what speaks of trouble is
 * shown. Undefined for what is no line of its log, such as a stack trace.
 */
export function readRedisLine(text: string, now: Date): LogLine | undefined {
  const [, mark, message = ""] = pattern.exec(text) ?? [];
  if (mark === undefined) return undefined;
  const level = mark === "#" && !/^WARNING /.test(message) && trouble.test(message) ? "error" : "debug";
  return { time: now, source: "redis", level, message, fields: {} };
}
