import { describe, expect, it } from "vitest";
import { captured, decodeQueryText } from "./percent-decoding.ts";

describe("captured", () => {
  it("decodes all of a single segment, an encoded slash too", () => {
    expect(captured(["v1", "a%2Fb%20%C3%A9%3A"], 1, 2, false)).toBe("a/b é:");
  });

  it("keeps encoded slashes, as they were written, in several segments", () => {
    expect(captured(["v1", "a%2Fb", "c%2fd%20e", "%C3%A9"], 1, 4, true)).toBe("a%2Fb/c%2fd e/é");
  });

  it("keeps an encoded percent sign from forming a new escape", () => {
    expect(captured(["%252F"], 0, 1, true)).toBe("%2F");
    expect(captured(["%252F"], 0, 1, false)).toBe("%2F");
  });

  it("captures nothing from no segments", () => {
    expect(captured(["v1"], 1, 1, true)).toBe("");
  });

  it("does not take a plus sign of a path for a space", () => {
    expect(captured(["a+b"], 0, 1, false)).toBe("a+b");
  });
});

describe("decodeQueryText", () => {
  it("reads plus signs as spaces and escapes as UTF-8", () => {
    expect(decodeQueryText("a+b%2B%C3%A9")).toBe("a b+é");
  });

  it("throws for broken escapes", () => {
    expect(() => decodeQueryText("%e")).toThrow(URIError);
    expect(() => decodeQueryText("%ff")).toThrow(URIError);
  });
});
