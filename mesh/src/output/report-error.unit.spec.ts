import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { MeshFilesError } from "../files/positioned.ts";
import { failureOf } from "./report-error.ts";

class EngineError extends Error {
  override readonly name = "EngineError";
}

describe("failureOf", () => {
  it("tells every fault of the files with its line", () => {
    const faults = [
      { file: "policies/seats.yaml", line: 4, field: "ejection.max", message: "not accepted" },
      { file: "callers.yaml", line: 1, field: "", message: "no such thing" },
    ];
    expect(failureOf(new MeshFilesError(faults))).toEqual({
      message: "policies/seats.yaml:4: ejection.max: not accepted\ncallers.yaml:1: no such thing",
      exitCode: 2,
    });
  });

  it("ends with 2 for wrong arguments and for files that cannot be opened", () => {
    expect(failureOf(new UsageError("no such thing"))).toEqual({ message: "error: no such thing", exitCode: 2 });
    const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", path: "/x" });
    expect(failureOf(missing)).toEqual({ message: "error: ENOENT: no such file", exitCode: 2 });
  });

  it("ends with 3 where something has to be installed", () => {
    expect(failureOf(new EngineError("Python 3 is missing"))).toEqual({
      message: "error: Python 3 is missing",
      exitCode: 3,
    });
  });

  it("says nothing more of what the parser of arguments has said", () => {
    expect(failureOf(new CommanderError(1, "commander.unknownOption", "unknown option"))).toEqual({
      message: "",
      exitCode: 2,
    });
    expect(failureOf(new CommanderError(0, "commander.helpDisplayed", "help"))).toEqual({ message: "", exitCode: 0 });
  });

  it("ends with 4, and the place, where the tool itself broke", () => {
    const failure = failureOf(new TypeError("x is not a function"));
    expect(failure.exitCode).toBe(4);
    expect(failure.message).toMatch(/^internal error: TypeError: x is not a function\n\s+at /);
  });
});
