import { expect, test } from "vitest";
import { readRedisLine } from "./redis-line.ts";

const now = new Date("2026-01-01T00:00:00Z");

test.each([
  ["12:C 23 Nov 2026 07:36:20.240 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", "debug"],
  ["12:M 23 Nov 2026 07:36:20.241 # WARNING Memory overcommit must be enabled! Without it, a save may fail", "debug"],
  ["12:M 23 Nov 2026 07:36:20.242 * Ready to accept connections", "debug"],
  ["12:M 23 Nov 2026 07:36:20.242 # Error accepting a client connection: Too many open files", "error"],
  ["12:M 23 Nov 2026 07:36:20.242 # === REDIS BUG REPORT START: Cut & paste starting from here ===", "error"],
])("%j is shown as %s", (text, level) => {
  expect(readRedisLine(text, now)).toMatchObject({ level, source: "redis", time: now });
});

test("the message stands alone, and what is no line of its log is left out", () => {
  expect(readRedisLine("12:M 23 Nov 2026 07:36:20.242 * Ready to accept connections", now)?.message).toBe(
    "Ready to accept connections",
  );
  expect(readRedisLine("12:signal-handler (1795419382) Received SIGINT scheduling shutdown...", now)).toBeUndefined();
});
