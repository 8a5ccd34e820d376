import { describe, expect, it } from "vitest";
import type { EffectiveField } from "./effective.ts";
import { resolveEffective } from "./resolve-effective.ts";
import { describeSource } from "./source.ts";
import { meshOfText } from "./testing/mesh-of-text.ts";

const proto = `syntax = "proto3"; package shop.v1;
service CartService { rpc Get(A) returns (B); rpc Put(A) returns (B); }`;

function cart(policy: string, { overlay, istio }: { overlay?: string; istio?: string } = {}) {
  const text = `service: shop.v1.CartService\nworkload: cart\nport: { number: 7000 }\n${policy}`;
  const mesh = meshOfText({
    proto,
    policies: { "policies/cart.yaml": text },
    ...(overlay !== undefined && { overlay }),
    ...(istio !== undefined && { istio }),
  });
  return (field: EffectiveField, method = "Get") => {
    const { value, source } = resolveEffective(mesh, "web", "shop.v1.CartService", method).effective[field];
    return [value, describeSource(source)];
  };
}

describe("what is in effect", () => {
  it("is what the method says before what its service says, and the overlay before both", () => {
    const says = cart("defaults: { timeout: 2s }\nmethods:\n  Put: { timeout: 3s }", {
      overlay: "services:\n  shop.v1.CartService:\n    methods:\n      Put: { timeout: 4s }",
    });
    expect(says("timeoutMs", "Get")).toEqual([2_000, "policies/cart.yaml:4"]);
    expect(says("timeoutMs", "Put")).toEqual([4_000, "overlays/dev.yaml:4"]);
  });

  it("has no retries below a layer that says none, whatever the layers below it say", () => {
    const says = cart("defaults: { retries: { attempts: 3, perTry: 1s } }\nmethods:\n  Put: { retries: none }");
    expect(says("retryAttempts", "Put")).toEqual([0, "policies/cart.yaml:6"]);
    expect(says("retryPerTryMs", "Put")[0]).toBeNull();
    expect(says("retryAttempts", "Get")[0]).toBe(3);
  });

  it("ejects after Envoy's five errors where ejection is asked for without a threshold", () => {
    expect(cart("ejection: { interval: 1s }")("ejectAfterErrors")).toEqual([
      5,
      expect.stringContaining("consecutive5xxErrors"),
    ]);
    expect(cart("ejection: { after: 3 gateway errors }")("ejectAfterErrors")[0]).toBeNull();
    expect(cart("connectTimeout: 1s")("ejectAfterErrors")[0]).toBeNull();
  });

  it("keeps to the nearest zone as soon as there is ejection, as Istio does", () => {
    expect(cart("ejection: { after: 3 errors }")("locality")[0]).toBe("failover");
    expect(cart("ejection: { after: 3 errors }\nlocality: off")("locality")).toEqual(["off", "policies/cart.yaml:5"]);
    expect(cart("ejection: none")("locality")[0]).toBe("off");
  });

  it("has no failover between zones without ejection, although a policy asks for it", () => {
    const [value, source] = cart("ejection: none\nlocality: failover")("locality");
    expect(value).toBe("off");
    expect(source).toContain("policies/cart.yaml:5");
  });

  it("has a budget of the version's own percentage where only its minimum is written", () => {
    const minimum = "breaker: { retryMinimum: 5 }";
    expect(cart(minimum, { istio: "1.29.1" })("retryBudgetPercent")[0]).toBe(0.2);
    expect(cart(minimum, { istio: "1.31" })("retryBudgetPercent")[0]).toBe(20);
    expect(cart("breaker: { requests: 5 }")("retryBudgetPercent")[0]).toBeNull();
  });
});
