import { styleText } from "node:util";

const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type Level = keyof typeof levels;

/** One event to show: of a service's own log, or of the supervisor's. */
export interface LogLine {
  readonly time: Date;
  readonly source: string;
  readonly level: Level;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const MAX_VALUE = 160;
const known = new Set(["time", "level", "name", "instance", "msg", "pid", "hostname", "err"]);

// What Node prints around an uncaught error's own line: source, stack, properties, version.
const noise = /^(\s|}|node:|file:|Node\.js v|$)/;

/** Reads a line that a process wrote: JSON of its logger, or plain text, which only faults outside the logger write. */
export function readLogLine(source: string, text: string, now: Date): LogLine {
  let record: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) throw new TypeError("not a record");
    record = parsed as Record<string, unknown>;
  } catch {
    return { time: now, source, level: noise.test(text) ? "debug" : "warn", message: text, fields: {} };
  }
  const fields = Object.fromEntries(Object.entries(record).filter(([name]) => !known.has(name)));
  const error = record["err"] as { message?: unknown; code?: unknown } | undefined;
  if (error?.message !== undefined) fields["error"] = error.message;
  return {
    time: typeof record["time"] === "string" ? new Date(record["time"]) : now,
    source,
    level: isLevel(record["level"]) ? record["level"] : "info",
    message: String(record["msg"] ?? ""),
    fields,
  };
}

export function isProblem(line: LogLine): boolean {
  return levels[line.level] >= levels.warn;
}

/** One line: time, source, level, message, key=value. Coloured where the terminal takes colours. */
export function formatLogLine(line: LogLine, stream: NodeJS.WritableStream): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string): string => styleText(format, text, { stream });
  const time = line.time.toTimeString().slice(0, 8);
  const fields = Object.entries(line.fields)
    .map(([name, value]) => `${paint("gray", `${name}=`)}${shorten(value)}`)
    .join(" ");
  const level = paint(colourOf(line.level), line.level.padEnd(5));
  const head = `${paint("gray", time)} ${paint("cyan", line.source.padEnd(14))} ${level} ${line.message}`;
  return fields === "" ? head : `${head} ${fields}`;
}

function shorten(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > MAX_VALUE ? `${flat.slice(0, MAX_VALUE)}…` : flat;
}

function colourOf(level: Level): "red" | "yellow" | "green" | "gray" {
  if (levels[level] >= levels.error) return "red";
  if (level === "warn") return "yellow";
  return level === "info" ? "green" : "gray";
}

const isLevel = (value: unknown): value is Level => typeof value === "string" && value in levels;
