import { expect, test } from "vitest";
import { createLogger } from "./index.ts";

function capture() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ name: "order", instance: "order-1", destination }) };
}

test("a line is JSON with level, time, name and instance", () => {
  const { lines, logger } = capture();
  logger.info({ rows: 3 }, "pruned");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    name: "order",
    instance: "order-1",
    rows: 3,
    msg: "pruned",
  });
});

test("secrets are masked at any depth, in bindings, in text and in errors", () => {
  const { lines, logger } = capture();
  const secret = "hunter2";
  logger.info({
    authorization: secret,
    request: { headers: { Authorization: secret, "set-cookie": secret } },
    order: { paymentMethod: { token: secret }, contact: { email: secret }, payments: [{ payment_token: secret }] },
  });
  logger.child({ part: "relay" }).child({ password: secret, databaseUrl: secret }).info("child");
  logger.error(
    Object.assign(new Error(`cannot connect to postgres://order:${secret}@127.0.0.1:5432/x`), { password: secret }),
  );
  logger.info(`Bearer ${secret} was refused`);
  logger.info({ note: `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl` });
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ name: "order", part: "relay", msg: "child" });
  expect(lines).toHaveLength(5);
  for (const line of lines) {
    expect(() => JSON.parse(line)).not.toThrow();
    expect(line).not.toContain(secret);
    expect(line).toContain("[redacted]");
  }
});

test("what is not secret stays: numbers, dates, errors with their cause", () => {
  const { lines, logger } = capture();
  const at = new Date(0);
  logger.error({ err: new Error("outer", { cause: new Error("inner") }), at, orderId: "o-1", count: 2 }, "failed");
  const line = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({ at: at.toISOString(), orderId: "o-1", count: 2, err: { type: "Error" } });
  expect(line.err.message).toContain("outer");
  expect(line.err.stack).toContain("inner");
});

test("row values that PostgreSQL puts into its errors stay out of the log", () => {
  const { lines, logger } = capture();
  const fault = Object.assign(new Error('duplicate key value violates unique constraint "payment_token_key"'), {
    code: "23505",
    detail: "Key (token)=(tok_approve) already exists.",
    where: "COPY payment, line 1: tok_approve",
    constraint: "payment_token_key",
  });
  logger.error({ err: fault }, "call failed");
  logger.error({ err: new Error("outer", { cause: fault }) }, "call failed");
  expect(lines.join("")).toContain("payment_token_key");
  expect(lines.join("")).not.toContain("tok_approve");
});
