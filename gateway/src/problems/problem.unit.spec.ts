import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "@ordermesh/proto/google";
import { OrderService } from "@ordermesh/proto/order";
import { DomainError, defineError, errors, toConnectError } from "@ordermesh/runtime/errors";
import { describe, expect, it } from "vitest";
import { problemOf } from "./problem.ts";

describe("problemOf", () => {
  it.each([
    [Code.InvalidArgument, 400],
    [Code.OutOfRange, 400],
    [Code.Unauthenticated, 401],
    [Code.PermissionDenied, 403],
    [Code.NotFound, 404],
    [Code.AlreadyExists, 409],
    [Code.Aborted, 409],
    [Code.FailedPrecondition, 409],
    [Code.ResourceExhausted, 429],
    [Code.Canceled, 499],
    [Code.Unimplemented, 501],
    [Code.Unavailable, 503],
    [Code.DeadlineExceeded, 504],
    [Code.Internal, 500],
    [Code.Unknown, 500],
    [Code.DataLoss, 500],
  ])("turns gRPC status %i into HTTP %i", (code, status) => {
    expect(problemOf(new ConnectError("x", code), "r").problem.status).toBe(status);
  });

  it("is the same for an error of the edge and for one that came over the wire", () => {
    const spec = defineError("CART_TOO_LARGE", Code.FailedPrecondition, { httpStatus: 422 });
    const violations = [{ field: "payment_method.token", description: "is bad", reason: "BAD" }];
    const error = new DomainError(spec, "the cart is too large", { violations, metadata: { limit: "100" } });
    const method = OrderService.method.placeOrder;
    const expected = {
      type: "urn:ordermesh:problem:cart-too-large",
      title: "Cart too large",
      status: 422,
      detail: "the cart is too large",
      code: "CART_TOO_LARGE",
      requestId: "r-1",
      violations: [{ field: "paymentMethod.token", description: "is bad", reason: "BAD" }],
      metadata: { limit: "100" },
    };
    expect(problemOf(error, "r-1", method).problem).toEqual(expected);
    expect(problemOf(toConnectError(error), "r-1", method).problem).toEqual(expected);
  });

  it("keeps the words of the platform and not those of a transport", () => {
    const ours = new DomainError(errors.UNAVAILABLE, "prices are too old to be used", { retryAfterMs: 2_500 });
    expect(problemOf(ours, "r")).toMatchObject({
      problem: { detail: "prices are too old to be used", code: "UNAVAILABLE" },
      retryAfter: 3,
    });
    const theirs = new ConnectError("No connection established. Last error: connect 10.0.0.1:7001", Code.Unavailable);
    expect(problemOf(theirs, "r")).toMatchObject({ problem: { code: "UNAVAILABLE" }, retryAfter: 1 });
    expect(problemOf(theirs, "r").problem.detail).not.toContain("10.0.0.1");
  });

  it("tells nothing of a fault but the request id", () => {
    for (const error of [new TypeError("secret"), new ConnectError("secret", Code.Unknown), "secret"]) {
      const { problem, fault } = problemOf(error, "r-9");
      expect(fault).toBe(true);
      expect(problem).toMatchObject({ status: 500, code: "INTERNAL", requestId: "r-9" });
      expect(JSON.stringify(problem)).not.toContain("secret");
    }
  });

  it("does not let a status of its own turn a fault into a success", () => {
    const error = new ConnectError("x", Code.Internal);
    error.details = [
      { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: "X", metadata: { http_status: "200" } }) },
    ];
    expect(problemOf(error, "r").problem.status).toBe(500);
  });

  it("says when to try again in whole seconds, at least one", () => {
    const error = new ConnectError("x", Code.Unavailable);
    error.details = [{ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay: { nanos: 1_000_000 } }) }];
    expect(problemOf(error, "r").retryAfter).toBe(1);
    expect(problemOf(new ConnectError("x", Code.NotFound), "r").retryAfter).toBeUndefined();
  });
});
