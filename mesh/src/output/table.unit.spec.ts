import { describe, expect, it } from "vitest";
import { formatTable } from "./table.ts";

describe("formatTable", () => {
  it("aligns text to the left and columns of numbers to the right", () => {
    expect(
      formatTable(
        ["call", "tries"],
        [
          ["Reserve", 12],
          ["Get", 3],
        ],
      ),
    ).toBe(["CALL     TRIES", "Reserve     12", "Get          3"].join("\n"));
  });

  it("aligns a column as it is told, so that 250ms stands below 1s", () => {
    expect(formatTable(["call", { title: "timeout", align: "right" }], [["Reserve", "1s"]])).toBe(
      ["CALL     TIMEOUT", "Reserve       1s"].join("\n"),
    );
  });

  it("folds the widest column on a narrow terminal", () => {
    expect(formatTable(["call", "retry on"], [["Reserve", "connect-failure, unavailable"]], 26)).toBe(
      ["CALL     RETRY ON", "Reserve  connect-failure,", "         unavailable"].join("\n"),
    );
  });

  it("leaves rows as long as they are where no width is known", () => {
    const long = "x".repeat(300);
    expect(formatTable(["a"], [[long]])).toContain(long);
  });
});
