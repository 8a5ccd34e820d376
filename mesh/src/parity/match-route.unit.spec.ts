import { describe, expect, it } from "vitest";
import { routeFor } from "./match-route.ts";
import { routeConfigurationShape } from "./route-shapes.ts";

const request = { path: "/shop.v1.Shop/Buy", authority: "shop.test.svc.cluster.local" };

function chosen(...matches: readonly object[]): string | undefined {
  const routes = matches.map((match, index) => ({ name: String(index), match }));
  const [host] = routeConfigurationShape.parse({ virtual_hosts: [{ routes }] }).virtual_hosts;
  return host && routeFor(host, request)?.name;
}

describe("routeFor", () => {
  it("takes the first that matches", () => {
    expect(chosen({ path: "/shop.v1.Shop/Sell" }, { prefix: "/shop.v1.Shop/" }, { path: request.path })).toBe("1");
  });

  it.each([
    ["an exact path", { path: request.path }, { path: `${request.path}s` }],
    ["a prefix", { prefix: "/shop" }, { prefix: "/Shop" }],
    ["a prefix without regard to case", { prefix: "/SHOP", case_sensitive: false }, { prefix: "/SHOP" }],
    ["a prefix that ends at a slash", { path_separated_prefix: "/shop.v1.Shop" }, { path_separated_prefix: "/shop" }],
    ["an expression of the whole path", { safe_regex: { regex: "/shop.*" } }, { safe_regex: { regex: "/shop" } }],
    [
      "a header that every call has",
      { prefix: "/", headers: [{ name: ":method", exact_match: "POST" }] },
      { prefix: "/", headers: [{ name: ":method", exact_match: "GET" }] },
    ],
    [
      "a header that no call has",
      { prefix: "/", headers: [{ name: "x-trial", present_match: false }] },
      { prefix: "/", headers: [{ name: "x-trial", string_match: { exact: "yes" } }] },
    ],
    [
      "the opposite of a header",
      { prefix: "/", headers: [{ name: ":method", exact_match: "GET", invert_match: true }] },
      { prefix: "/", headers: [{ name: ":method", exact_match: "POST", invert_match: true }] },
    ],
    [
      "all calls",
      { prefix: "/", runtime_fraction: { default_value: { numerator: 100 } } },
      { prefix: "/", runtime_fraction: { default_value: { numerator: 50 } } },
    ],
  ])("matches %s, and a near miss does not", (_what, hit, miss) => {
    expect(chosen(hit)).toBe("0");
    expect(chosen(miss)).toBeUndefined();
  });
});
