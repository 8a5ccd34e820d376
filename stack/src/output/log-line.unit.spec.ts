import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { formatLogLine, isProblem, readLogLine } from "./log-line.ts";
import { readPostgresLine } from "./postgres-line.ts";

const now = new Date("2026-01-01T00:00:00.000Z");
const plain = new PassThrough();

test("a service's JSON line becomes time, source, level, message and its own fields", () => {
  const text = JSON.stringify({
    level: "info",
    time: "2026-01-01T10:11:12.000Z",
    name: "order",
    instance: "order-1",
    msg: "order placed",
    orderId: "o-1",
    lines: 2,
  });
  const line = readLogLine("order-1", text, now);
  expect(line).toEqual({
    time: new Date("2026-01-01T10:11:12.000Z"),
    source: "order-1",
    level: "info",
    message: "order placed",
    fields: { orderId: "o-1", lines: 2 },
  });
  expect(isProblem(line)).toBe(false);
  expect(formatLogLine(line, plain)).toMatch(/^\d\d:\d\d:\d\d order-1 {8}info {2}order placed orderId=o-1 lines=2$/);
});

test("an error's message is shown, its stack is not", () => {
  const text = JSON.stringify({ level: "error", msg: "failed", err: { message: "no route", stack: "at x" } });
  const line = readLogLine("payment-1", text, now);
  expect(line.fields).toEqual({ error: "no route" });
  expect(isProblem(line)).toBe(true);
});

test("text outside the logger counts as a problem", () => {
  expect(readLogLine("order-1", "Segmentation fault", now)).toMatchObject({
    level: "warn",
    message: "Segmentation fault",
  });
});

test.each(["    at file.ts:1:2", "", "node:internal/modules/esm/resolve:241", "Node.js v26.10.0", "}"])(
  "what Node prints around an uncaught error is no problem of its own: %j",
  (text) => {
    expect(isProblem(readLogLine("order-1", text, now))).toBe(false);
  },
);

test("long values are cut and line breaks removed", () => {
  const line = readLogLine("x", JSON.stringify({ level: "info", msg: "m", value: `a\n${"b".repeat(500)}` }), now);
  const text = formatLogLine(line, plain);
  expect(text.length).toBeLessThan(220);
  expect(text).not.toContain("\n");
});

test("of PostgreSQL's log only what concerns the server is shown, never a statement", () => {
  const read = (text: string) => readPostgresLine("postgres", `2026-01-01 00:00:00.000 UTC [12] ${text}`, now)?.level;
  expect(read("FATAL:  the database system is starting up")).toBe("error");
  expect(read("LOG:  checkpoint complete")).toBe("debug");
  expect(read("ERROR:  duplicate key")).toBeUndefined();
  expect(read("STATEMENT:  INSERT INTO orders")).toBeUndefined();
});
