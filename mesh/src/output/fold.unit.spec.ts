import { describe, expect, it } from "vitest";
import { fitWidths, foldText } from "./fold.ts";

describe("fitWidths", () => {
  it("leaves columns that fit as they are", () => {
    expect(fitWidths([10, 20], 30)).toEqual([10, 20]);
  });

  it("narrows the widest column first", () => {
    expect(fitWidths([10, 60, 20], 60)).toEqual([10, 30, 20]);
  });

  it("narrows equal columns together", () => {
    expect(fitWidths([40, 40, 10], 60)).toEqual([25, 25, 10]);
  });

  it("ends where no column can be narrower, though the terminal is too small", () => {
    expect(fitWidths([40, 40, 4], 10)).toEqual([8, 8, 4]);
  });
});

describe("foldText", () => {
  it("breaks at spaces", () => {
    expect(foldText("connect-failure, refused-stream, unavailable", 20)).toEqual([
      "connect-failure,",
      "refused-stream,",
      "unavailable",
    ]);
  });

  it("breaks a long name after a dot or a slash", () => {
    expect(foldText("cinema.booking.v1.BookingService/Reserve", 20)).toEqual([
      "cinema.booking.v1.",
      "BookingService/",
      "Reserve",
    ]);
  });

  it("breaks anything else where the width ends", () => {
    expect(foldText("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
  });

  it("keeps the lines that the text has", () => {
    expect(foldText("a b\nc", 10)).toEqual(["a b", "c"]);
  });
});
