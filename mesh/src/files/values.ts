// The short forms in which policies are written: durations, ranges, percentages, thresholds.
import { z } from "zod";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** @returns milliseconds of `250ms`, `1.5s`, `2m` or `1h`; undefined when it is none of them */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] * 1000) / 1000;
}

/** The shortest of `250ms`, `1.5s`, `2m`, `1h` that says the same. */
export function formatDuration(ms: number): string {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms >= 1_000 && ms % 100 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

const text = (pattern: RegExp, allowed: string) => {
  const error = ({ input }: { input: unknown }): string =>
    `${JSON.stringify(input)} is not accepted; allowed: ${allowed}`;
  return z.string({ error }).regex(pattern, { error });
};

/** Milliseconds. */
export const duration = text(/^\d+(\.\d+)?(ms|s|m|h)$/, "a number and ms, s, m or h, such as 250ms or 1.5s").transform(
  (value) => parseDuration(value) ?? 0,
);

/** A back-off: the first pause and the longest, in milliseconds. */
export const durationRange = text(
  /^\d+(\.\d+)?(ms|s|m|h)\.\.\d+(\.\d+)?(ms|s|m|h)$/,
  "two durations with two dots between them, such as 25ms..250ms",
).transform((value) => {
  const [base = "", max = ""] = value.split("..");
  return { baseMs: parseDuration(base) ?? 0, maxMs: parseDuration(max) ?? 0 };
});

/** A number from 0 to 100. */
export const percent = text(/^(100|\d{1,2})(\.\d+)?%$/, "0% to 100%").transform((value) => Number(value.slice(0, -1)));

/** `5 gateway errors` counts what Envoy calls gateway errors, `5 errors` every 5xx. */
export const ejectionThreshold = text(
  /^[1-9]\d* (gateway errors|errors)$/,
  'a number and "gateway errors" or "errors", such as 5 gateway errors',
).transform((value) => {
  const [count = "", ...kind] = value.split(" ");
  return { count: Number(count), kind: kind.length === 2 ? ("gateway-errors" as const) : ("errors" as const) };
});
