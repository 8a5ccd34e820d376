import { describe, expect, it } from "vitest";
import { adjustStock, MAXIMUM_PIECES } from "./stock.ts";

describe("adjusting stock", () => {
  const level = { available: 5, reserved: 3, deducted: 2 };

  it("adds to what is available and leaves the rest", () => {
    expect(adjustStock(level, 10)).toEqual({ type: "adjusted", level: { available: 15, reserved: 3, deducted: 2 } });
  });

  it("takes the last available piece", () => {
    expect(adjustStock(level, -5)).toEqual({ type: "adjusted", level: { available: 0, reserved: 3, deducted: 2 } });
  });

  it("refuses to take pieces that orders hold", () => {
    expect(adjustStock(level, -6)).toEqual({ type: "insufficient", available: 5, requested: 6 });
  });

  it("refuses more pieces than can be counted exactly", () => {
    const full = { available: MAXIMUM_PIECES - 6, reserved: 3, deducted: 2 };
    expect(adjustStock(full, 1)).toMatchObject({ type: "adjusted" });
    expect(adjustStock(full, 2)).toEqual({ type: "tooMany", total: MAXIMUM_PIECES - 1, allowed: MAXIMUM_PIECES });
  });
});
