import { expect, test } from "vitest";
import { formatBuckets, parseBuckets } from "./bucket-ranges.ts";

test("ranges and single buckets become one ascending list without repeats", () => {
  expect(parseBuckets("600,3-5, 4-6")).toEqual([3, 4, 5, 6, 600]);
  expect(parseBuckets("0-4095")).toHaveLength(4096);
});

test.each(["", "a", "5-3", "4096", "0-4096", "1,,2", "-1", "1-2-3"])("%j is refused", (text) => {
  expect(() => parseBuckets(text)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining("allowed numbers and ranges") }),
  );
});

test("a list is written as ranges and read back the same", () => {
  expect(formatBuckets([])).toBe("-");
  expect(formatBuckets([7, 3, 4, 5])).toBe("3-5,7");
  expect(parseBuckets(formatBuckets([1, 2, 3, 9, 11, 12]))).toEqual([1, 2, 3, 9, 11, 12]);
  expect(formatBuckets([1, 3, 5, 7], 2)).toBe("1,3 and 2 more");
});
