import { describe, expect, it } from "vitest";
import { renderEnvoy } from "../render/envoy/index.ts";
import { shopMesh, shopPlacement } from "../render/envoy/testing/shop.ts";
import { compareEffect, readDump } from "./index.ts";
import { formatParity } from "./print-parity.ts";
import { dumpOf, objectIn, objectsIn } from "./testing/dump-of.ts";

const mesh = shopMesh();

describe("formatParity", () => {
  it("says what was compared when nothing differs", () => {
    const dump = dumpOf(renderEnvoy(mesh, "till", shopPlacement("till")));
    expect(formatParity(mesh, compareEffect(mesh, readDump(dump)))).toBe(
      "sidecar of till, environment dev: 2 calls out, 13 rights of callers\nno difference in effect",
    );
  });

  it("has one row for a difference of several methods, with both sides' places", () => {
    const dump = dumpOf(renderEnvoy(mesh, "web", shopPlacement("web")));
    for (const thresholds of objectsIn(dump, (one) => one["max_requests"] === 321)) delete thresholds["max_requests"];
    const text = formatParity(mesh, compareEffect(mesh, readDump(dump)));
    expect(
      text
        .split("\n")
        .slice(2, 5)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ["CALLER", "METHOD", "FIELD", "POLICY", "PROXY"],
      ["web", "StockService/GetItem, Watch", "requests", "321", "1024"],
      ["", "policies/stock.yaml:13", "cluster stock"],
    ]);
    expect(text).toMatch(/2 differences in effect$/);
  });

  it("has one row for everyone who may do everything", () => {
    const dump = dumpOf(renderEnvoy(mesh, "stock", shopPlacement("stock")));
    delete objectIn(dump, ({ rules }) => rules !== undefined)["rules"];
    const text = formatParity(mesh, compareEffect(mesh, readDump(dump)));
    expect(text).toMatch(/^every workload, anyone else +StockService\/any other +authorization +denied +allowed$/m);
    expect(text).toMatch(/^anyone else +StockService\/\* +authorization +denied +allowed$/m);
  });
});
