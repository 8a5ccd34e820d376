import { describe, expect, it } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { parseRangeData } from "./range-data.ts";

const answer = (values: readonly (readonly [number, string])[], labels = {}): string =>
  JSON.stringify({ status: "success", data: { resultType: "matrix", result: [{ metric: labels, values }] } });

describe("parseRangeData", () => {
  it("tells by how much a counter grew", () => {
    const [series] = parseRangeData(
      answer(
        [
          [60, "5"],
          [120, "25"],
          [180, "31"],
        ],
        { le: "5" },
      ),
      "file",
    );
    expect(series?.labels).toEqual({ le: "5" });
    expect(series?.growth).toEqual([
      { atSeconds: 120, seconds: 60, count: 20 },
      { atSeconds: 180, seconds: 60, count: 6 },
    ]);
  });

  it("takes a counter that falls for one that started again", () => {
    const [series] = parseRangeData(
      answer([
        [60, "100"],
        [120, "7"],
      ]),
      "file",
    );
    expect(series?.growth).toEqual([{ atSeconds: 120, seconds: 60, count: 7 }]);
  });

  it("refuses what is no range data, and says what it is", () => {
    const refused = (text: string): string => {
      try {
        parseRangeData(text, "a.json");
        return "accepted";
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        return String(error);
      }
    };
    expect(refused("<html>")).toContain("a.json: not JSON");
    expect(refused('{"status":"error","errorType":"bad_data","error":"parse error"}')).toContain(
      "a.json: Prometheus says: parse error",
    );
    expect(refused('{"status":"success","data":{"resultType":"vector","result":[]}}')).toContain(
      "not an answer of Prometheus' /api/v1/query_range",
    );
  });
});
