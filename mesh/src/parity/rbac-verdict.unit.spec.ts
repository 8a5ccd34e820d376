import { describe, expect, it } from "vitest";
import { rbacShape } from "./rbac-shapes.ts";
import { passes, principalsNamedIn } from "./rbac-verdict.ts";

const caller = {
  principal: "spiffe://cluster.local/ns/shop/sa/web",
  port: 7001,
  request: { path: "/shop.v1.Shop/Buy", authority: "" },
};
const rbac = (permission: object, principal: object, action = "ALLOW") =>
  rbacShape.parse({ rules: { action, policies: { one: { permissions: [permission], principals: [principal] } } } });
const anyone = { any: true };
const verdict = (permission: object, principal: object = anyone) => passes([rbac(permission, principal)], caller);
const path = (exact: string) => ({ url_path: { path: { exact } } });
const unknown = { metadata: { filter: "jwt" } };

describe("RBAC rules", () => {
  it("of several filters have to let a call pass all", () => {
    const buy = rbac(path("/shop.v1.Shop/Buy"), anyone);
    const sell = rbac(path("/shop.v1.Shop/Sell"), anyone);
    expect(passes([], caller)).toBe(true);
    expect(passes([buy], caller)).toBe(true);
    expect(passes([buy, sell], caller)).toBe(false);
    expect(passes([buy, rbac(path("/shop.v1.Shop/Buy"), anyone, "DENY")], caller)).toBe(false);
    expect(passes([buy, rbac(path("/shop.v1.Shop/Buy"), anyone, "LOG")], caller)).toBe(true);
  });

  it("without a policy allow nothing", () => {
    expect(passes([rbacShape.parse({ rules: {} })], caller)).toBe(false);
  });

  it("that are only counted decide nothing", () => {
    expect(passes([rbacShape.parse({ shadow_rules: {} })], caller)).toBe(true);
  });

  it("combine as istiod nests them", () => {
    const nested = { and_rules: { rules: [{ or_rules: { rules: [path("/a"), path("/shop.v1.Shop/Buy")] } }] } };
    expect(verdict(nested)).toBe(true);
    expect(verdict({ not_rule: nested })).toBe(false);
    expect(verdict({ and_rules: { rules: [nested, { destination_port: 7002 }] } })).toBe(false);
    expect(verdict({ and_rules: { rules: [nested, { destination_port: 7001 }] } })).toBe(true);
  });

  it("know callers by certificate and by istiod's filter state", () => {
    const name = { exact: caller.principal };
    expect(verdict(anyone, { authenticated: { principal_name: name } })).toBe(true);
    expect(verdict(anyone, { authenticated: { principal_name: { prefix: "spiffe://other/" } } })).toBe(false);
    expect(verdict(anyone, { filter_state: { key: "io.istio.peer_principal", string_match: name } })).toBe(true);
    expect(verdict(anyone, { filter_state: { key: "something.else", string_match: name } })).toBeUndefined();
    expect(verdict(anyone, { not_id: { and_ids: { ids: [{ authenticated: { principal_name: name } }] } } })).toBe(
      false,
    );
  });

  it("of an unknown kind are only certain where the rest decides", () => {
    expect(verdict(unknown)).toBeUndefined();
    expect(verdict({ and_rules: { rules: [unknown, path("/a")] } })).toBe(false);
    expect(verdict({ or_rules: { rules: [unknown, anyone] } })).toBe(true);
    expect(passes([rbacShape.parse({ matcher: {} })], caller)).toBeUndefined();
  });

  it("tell whom they name", () => {
    const named = {
      or_ids: {
        ids: [
          { authenticated: { principal_name: { exact: "b" } } },
          { not_id: { filter_state: { key: "k", string_match: { exact: "a" } } } },
        ],
      },
    };
    expect(principalsNamedIn([rbac(anyone, named)])).toEqual(["a", "b"]);
  });
});
