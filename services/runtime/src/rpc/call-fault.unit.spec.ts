import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { DomainError, errors } from "../errors/index.ts";
import type { Logger } from "../logging/index.ts";
import { callFault } from "./call-fault.ts";

function faultOf(error: unknown, signal?: AbortSignal) {
  const logger = { error: vi.fn(), warn: vi.fn() };
  const call = { logger: logger as unknown as Logger, method: "a.B/C", correlationId: "id-1", signal };
  return { fault: callFault(error, call), logger };
}

describe("the fault of a call", () => {
  it("is INTERNAL without the words of an unexpected error, which the log keeps", () => {
    const cause = new Error("secret");
    const { fault, logger } = faultOf(cause);
    expect(fault.code).toBe(Code.Internal);
    expect(fault.message).not.toContain("secret");
    expect(logger.error).toHaveBeenCalledWith(expect.objectContaining({ err: cause }), expect.any(String));
  });

  it("is UNAVAILABLE with a time to retry after a transient fault of the database, and no server fault", () => {
    const starting = Object.assign(new Error("the database system is not yet accepting connections"), {
      code: "57P03",
    });
    const { fault, logger } = faultOf(starting);
    expect(fault.code).toBe(Code.Unavailable);
    expect(fault.message).not.toContain("database system");
    expect(fault.details).toHaveLength(2);
    expect(logger.error).not.toHaveBeenCalled();
    expect(logger.warn).toHaveBeenCalledOnce();
  });

  it("is the domain's own error as it is", () => {
    const { fault } = faultOf(new DomainError(errors.PAGE_TOKEN_INVALID, "no"));
    expect(fault.code).toBe(Code.InvalidArgument);
  });

  it("is the reason of the abort once the call was aborted", () => {
    const reason = new ConnectError("too late", Code.DeadlineExceeded);
    expect(faultOf(new Error("cancelled"), AbortSignal.abort(reason)).fault.code).toBe(Code.DeadlineExceeded);
  });
});
