import { expect, test } from "vitest";
import { isTransient } from "./index.ts";

const withCode = (code: string) => Object.assign(new Error("x"), { code });

test.each(["08006", "53300", "57P01", "57P03", "40001", "40P01", "ECONNREFUSED", "ECONNRESET", "P2034"])(
  "%s may pass by itself",
  (code) => {
    expect(isTransient(withCode(code))).toBe(true);
  },
);

test.each(["23505", "22P02", "42P01", "P2002", "ERR_ASSERTION"])("%s will not pass by itself", (code) => {
  expect(isTransient(withCode(code))).toBe(false);
});

test("errors of pg without a code are known by their message", () => {
  expect(isTransient(new Error("Connection terminated unexpectedly"))).toBe(true);
  expect(isTransient(new Error("something else"))).toBe(false);
});

test("a cause is looked at, and so is the code that a driver adapter keeps", () => {
  expect(isTransient(new Error("wrapped", { cause: withCode("57P01") }))).toBe(true);
  expect(isTransient(new Error("wrapped", { cause: { originalCode: "40001" } }))).toBe(true);
  const rawQueryFailed = { code: "P2010", meta: { driverAdapterError: { cause: { originalCode: "57P01" } } } };
  expect(isTransient(rawQueryFailed)).toBe(true);
  expect(isTransient({ code: "P2010", meta: { driverAdapterError: { cause: { originalCode: "22012" } } } })).toBe(
    false,
  );
  const circular = new Error("circular");
  circular.cause = circular;
  expect(isTransient(circular)).toBe(false);
});

test.each([undefined, null, "57P01", 7])("%s is no database error", (value) => {
  expect(isTransient(value)).toBe(false);
});
