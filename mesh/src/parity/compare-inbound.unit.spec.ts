import { describe, expect, it } from "vitest";
import { renderEnvoy } from "../render/envoy/index.ts";
import { shopMesh, shopPlacement } from "../render/envoy/testing/shop.ts";
import { compareEffect, DumpError, readDump } from "./index.ts";
import { dumpOf, istiodDump, objectIn, objectsIn } from "./testing/dump-of.ts";

type Json = Record<string, unknown>;

const mesh = shopMesh();
const sources = [
  ["this tool's bootstrap", async () => dumpOf(renderEnvoy(mesh, "stock", shopPlacement("stock")))],
  ["a real istiod", () => istiodDump("stock")],
] as const;

const webFront = "spiffe://cluster.local/ns/test/sa/web-front";
const adjust = "/shop.stock.v1.StockService/Adjust";

function differencesIn(dump: unknown): string[][] {
  const { differences } = compareEffect(mesh, readDump(dump));
  return differences.map(({ caller, method, field, policy, proxy }) => [
    caller,
    method,
    field,
    policy.value,
    proxy.value,
  ]);
}

const replace = (object: Json | undefined, values: Json): void => {
  if (object === undefined) throw new Error("there is nothing to replace");
  Object.assign(object, values);
};
const exactly = (dump: unknown, text: string): Json | undefined => objectsIn(dump, ({ exact }) => exact === text)[0];
const rbacFilter = (dump: unknown): Json =>
  objectIn(dump, ({ "@type": type, rules }) => String(type).endsWith("http.rbac.v3.RBAC") && rules !== undefined);

describe.each(sources)("rights in a sidecar of %s", (_name, makeDump) => {
  it("that let a caller have a method more are found out", async () => {
    const dump = await makeDump();
    replace(exactly(dump, "/shop.stock.v1.StockService/Watch"), { exact: adjust });
    expect(differencesIn(dump)).toEqual([
      ["web", "Adjust", "authorization", "denied", "allowed"],
      ["web", "Watch", "authorization", "allowed", "denied"],
    ]);
  });

  it("that name a caller whom the mesh does not know are found out", async () => {
    const dump = await makeDump();
    const other = "spiffe://cluster.local/ns/test/sa/left-over";
    replace(exactly(dump, webFront), { exact: other });
    expect(differencesIn(dump)).toEqual([
      ["web", "GetItem", "authorization", "allowed", "denied"],
      ["web", "Watch", "authorization", "allowed", "denied"],
      [other, "GetItem", "authorization", "denied", "allowed"],
      [other, "Watch", "authorization", "denied", "allowed"],
    ]);
  });

  it("that take everyone of the trust domain are found out", async () => {
    const dump = await makeDump();
    const matcher = exactly(dump, webFront);
    delete matcher?.["exact"];
    replace(matcher, { prefix: "spiffe://cluster.local/" });
    const strangers = differencesIn(dump).filter(([caller]) => caller === "anyone else");
    expect(strangers.map(([, method]) => method)).toEqual(["GetItem", "Watch"]);
  });

  it("that are not there let everyone do everything", async () => {
    const dump = await makeDump();
    replace(rbacFilter(dump), { "@type": "type.googleapis.com/example.Nothing" });
    const found = differencesIn(dump);
    expect(
      found.every(([, , field, policy, proxy]) => `${field} ${policy} ${proxy}` === "authorization denied allowed"),
    ).toBe(true);
    expect(found.filter(([caller]) => caller === "anyone else").map(([, method]) => method)).toEqual([
      "GetItem",
      "Adjust",
      "Watch",
      "any other",
    ]);
  });

  it("that deny what they should allow are found out", async () => {
    const dump = await makeDump();
    replace(rbacFilter(dump)["rules"] as Json, { action: "DENY" });
    expect(differencesIn(dump)).toContainEqual(["web", "GetItem", "authorization", "allowed", "denied"]);
    expect(differencesIn(dump)).toContainEqual(["stock", "GetItem", "authorization", "denied", "allowed"]);
  });

  it("that ask for something that a dump does not tell are named, not guessed", async () => {
    const dump = await makeDump();
    const policies = Object.values((rbacFilter(dump)["rules"] as Json)["policies"] as Json) as Json[];
    for (const policy of policies) policy["condition"] = { call_expr: {} };
    expect(differencesIn(dump)).toContainEqual([
      "web",
      "GetItem",
      "authorization",
      "allowed",
      "depends on what a dump does not tell",
    ]);
  });

  it("with a certificate that callers need not have are found out", async () => {
    const dump = await makeDump();
    for (const context of objectsIn(dump, (one) => "require_client_certificate" in one)) {
      context["require_client_certificate"] = false;
    }
    expect(differencesIn(dump)).toEqual([["every caller", "every method", "mTLS", "strict", "off"]]);
  });

  it("of a sidecar that takes no calls are found out", async () => {
    const dump = await makeDump();
    for (const listener of objectsIn(dump, (one) => one["traffic_direction"] === "INBOUND")) {
      listener["filter_chains"] = [];
    }
    expect(differencesIn(dump)).toEqual([["every caller", "every method", "listener", "takes calls", "none"]]);
  });
});

describe("a dump", () => {
  const { configs } = dumpOf(renderEnvoy(mesh, "web", shopPlacement("web"))) as { readonly configs: readonly Json[] };

  it("of no workload of the mesh is refused, unless it is said whose it is", () => {
    const dump = {
      configs: [{ ...configs[0], bootstrap: { node: { id: "x", cluster: "elsewhere" } } }, ...configs.slice(1)],
    };
    expect(() => compareEffect(mesh, readDump(dump))).toThrow(
      /"elsewhere" is no workload of the mesh \(stock, till, web\)/,
    );
    expect(compareEffect(mesh, readDump(dump), "web").differences).toEqual([]);
  });

  it("without a route to a workload that may be called is a difference", () => {
    const found = compareEffect(mesh, readDump({ configs: configs.slice(0, 2) })).differences;
    expect(new Set(found.map(({ field, proxy }) => `${field}: ${proxy.value}`))).toEqual(new Set(["route: none"]));
    expect(found).toHaveLength(4);
  });

  it("that is cut off is refused", () => {
    expect(() => readDump({ configs: configs.slice(1) })).toThrow(DumpError);
    expect(() => readDump({})).toThrow(/configs/);
  });
});
