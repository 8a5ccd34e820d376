import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { LookupOrderRequestSchema } from "@ordermesh/proto/order";
import { newBucketedId } from "@ordermesh/runtime/ids";
import { describe, expect, it } from "vitest";
import { entryEndMs, entryKey, generationOfKey, indexPrefix, newGeneration, stateKey } from "./index-keys.ts";
import { bears, nameOf, paymentEntries, placedEntries, shippedEntries } from "./order-name.ts";

const acceptedMs = Date.UTC(2026, 2, 1);
const orderId = newBucketedId("ada", acceptedMs);

describe("keys of the index", () => {
  it("are in the space that the order service may write to, and tell names of different kinds apart", () => {
    const keys = (["reference", "tracking"] as const).map((kind) => entryKey("g1", { kind, value: "cart-17" }));
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(key.startsWith("ordermesh:index:g1:")).toBe(true);
  });

  it("show none of the words that clients chose, and stay short whatever those are", () => {
    const value = "Ada Lovelace, 12 St James's Square ".repeat(3);
    const key = entryKey("g1", { kind: "reference", value });
    expect(key).not.toContain("Ada");
    expect(key.length).toBeLessThan(64);
  });

  it("name their generation; the keys about the index itself have none", () => {
    expect(generationOfKey(entryKey("g1", { kind: "payment", value: orderId }))).toBe("g1");
    expect(generationOfKey(stateKey)).toBeUndefined();
    expect(generationOfKey("ordermesh:limit:ada:x")).toBeUndefined();
    expect(generationOfKey(`${indexPrefix}:x`)).toBeUndefined();
  });

  it("end thirty days after the order was accepted, whenever they are written", () => {
    expect(entryEndMs(orderId)).toBe(Date.UTC(2026, 2, 31));
  });
});

describe("generations", () => {
  it("never come again, also within a millisecond and when the clock is set back", () => {
    const names = [acceptedMs, acceptedMs, acceptedMs - 5_000].map((nowMs) => newGeneration(nowMs, () => 0));
    expect(new Set(names).size).toBe(3);
    expect(names.toSorted()).toEqual(names);
  });
});

describe("names", () => {
  const request = (given: MessageInitShape<typeof LookupOrderRequestSchema>) => create(LookupOrderRequestSchema, given);
  const order = { clientReference: "cart-17", paymentId: orderId, trackingNumber: null };

  it("are what the request gives; a payment id in either case", () => {
    const paymentId = orderId.toUpperCase();
    expect(nameOf(request({ paymentId }))).toEqual({ kind: "payment", value: orderId });
    expect(nameOf(request({ trackingNumber: "Z9" }))).toEqual({ kind: "tracking", value: "Z9" });
    expect(nameOf(request({ clientReference: "Z9" }))).toEqual({ kind: "reference", value: "Z9" });
  });

  it("are borne letter for letter", () => {
    expect(bears(order, { kind: "reference", value: "cart-17" })).toBe(true);
    expect(bears(order, { kind: "reference", value: "Cart-17" })).toBe(false);
    expect(bears(order, { kind: "payment", value: orderId })).toBe(true);
    expect(bears(order, { kind: "tracking", value: "" })).toBe(false);
  });

  it("that are empty get no entry", () => {
    expect(placedEntries(orderId, "")).toEqual([]);
    expect(shippedEntries(orderId, "")).toEqual([]);
    expect(paymentEntries(orderId, orderId)).toHaveLength(1);
  });
});
