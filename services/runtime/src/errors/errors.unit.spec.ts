import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "@ordermesh/proto/google";
import { expect, test } from "vitest";
import {
  DomainError,
  definedErrors,
  defineError,
  errorCodeOf,
  errorInfoOf,
  errors,
  statusName,
  toConnectError,
} from "./index.ts";

test("a code keeps its meaning: the same definition again is the same spec, another status throws", () => {
  const spec = defineError("UNIT_TEST_CODE", Code.NotFound);
  expect(defineError("UNIT_TEST_CODE", Code.NotFound)).toBe(spec);
  expect(() => defineError("UNIT_TEST_CODE", Code.Aborted)).toThrow("UNIT_TEST_CODE is defined twice");
  expect(() => defineError("UNIT_TEST_CODE", Code.NotFound, { httpStatus: 410 })).toThrow("defined twice");
  expect(definedErrors()).toContain(spec);
});

test.each(["lower", "", "A", "WITH SPACE", "1ST"])("%j is not a code", (code) => {
  expect(() => defineError(code, Code.Internal)).toThrow("allowed 2 to 63 of A-Z, 0-9 and _");
});

test("a domain error becomes its status with ErrorInfo and field violations", () => {
  const violations = [{ field: "lines[0].sku", description: "no such item", reason: "unknown" }];
  const details = { violations, metadata: { sku: "mug" } };
  const error = toConnectError(new DomainError(errors.VALIDATION_FAILED, "lines[0].sku: no such item", details));
  expect(error.code).toBe(Code.InvalidArgument);
  expect(error.rawMessage).toBe("lines[0].sku: no such item");
  expect(errorInfoOf(error)).toMatchObject({
    reason: "VALIDATION_FAILED",
    domain: "ordermesh",
    metadata: { sku: "mug" },
  });
  expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations).toMatchObject(violations);
});

test("an HTTP status of its own travels in the metadata", () => {
  const error = toConnectError(new DomainError(errors.IDEMPOTENCY_KEY_REUSED, "used before"));
  expect(errorInfoOf(error)?.metadata).toEqual({ http_status: "422" });
});

test("an unexpected error is INTERNAL, says nothing, and keeps its cause for the log", () => {
  const cause = new Error("password of the database");
  const error = toConnectError(cause);
  expect([error.code, error.rawMessage, errorCodeOf(error)]).toEqual([Code.Internal, "internal error", "INTERNAL"]);
  expect(error.cause).toBe(cause);
});

test("a ConnectError with details passes as it is; without them it is named after its status", () => {
  const detailed = new ConnectError("x", Code.Aborted, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "OWN" } },
  ]);
  expect(toConnectError(detailed)).toBe(detailed);
  expect(errorCodeOf(toConnectError(new ConnectError("gone", Code.Unavailable)))).toBe("UNAVAILABLE");
});

test("statuses are spelt as gRPC spells them", () => {
  expect([Code.Canceled, Code.DeadlineExceeded, Code.NotFound, Code.Internal].map(statusName)).toEqual([
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "INTERNAL",
  ]);
});
