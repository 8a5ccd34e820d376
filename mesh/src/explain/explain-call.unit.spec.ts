import { describe, expect, it } from "vitest";
import { onIstio } from "../model/mesh.ts";
import { meshOfText } from "../model/testing/mesh-of-text.ts";
import { explainCall } from "./explain-call.ts";
import { formatExplanation } from "./print-explanation.ts";

const mesh = meshOfText({
  proto: `syntax = "proto3"; package shop.v1; service CartService { rpc Get(A) returns (B); rpc Put(A) returns (B); }`,
  policies: {
    "policies/cart.yaml": [
      "service: shop.v1.CartService",
      "workload: cart",
      "port: { number: 7000 }",
      "defaults: { timeout: 2s }",
      "methods:",
      "  Put: { retries: none }",
      "breaker: { retryMinimum: 4 }",
      "ejection: { after: 3 errors }",
    ].join("\n"),
  },
  callers: "callers: { web: { calls: { shop.v1.CartService: [Get] } } }",
});

const field = (method: string, label: string, at = mesh) =>
  explainCall(at, "web", method).fields.find((one) => one.label === label);

describe("an explanation", () => {
  it("says where a value that somebody wrote is written", () => {
    expect(field("Get", "timeout")).toMatchObject({ shown: "2s", from: "policies/cart.yaml:4", bareEnvoy: "15s" });
  });

  it("says which default holds where nobody wrote one", () => {
    expect(field("Get", "retries")).toMatchObject({
      shown: "2",
      from: "default of Istio: 2 retries where a route says nothing of them",
      bareEnvoy: "none",
    });
  });

  it("says nothing of bare Envoy where it would do the same", () => {
    expect(field("Put", "retries")).not.toHaveProperty("bareEnvoy");
    expect(field("Get", "first back-off")).not.toHaveProperty("bareEnvoy");
  });

  it("leaves out what means nothing beside the rest", () => {
    expect(field("Put", "per try")).toBeUndefined();
    expect(field("Get", "per try")).toBeDefined();
  });

  it("differs by the version of Istio where Istio does", () => {
    expect(field("Get", "retry budget", onIstio(mesh, "1.28.9"))).toMatchObject({
      shown: "0.2%",
      from: expect.stringContaining("istio#59504"),
    });
    expect(field("Get", "retry budget", onIstio(mesh, "1.28.10"))).toMatchObject({ shown: "20%" });
  });

  it("tells of the worst case, and of a call that is denied", () => {
    expect(explainCall(mesh, "web", "Get").summary).toBe("worst case 3 tries, at most 2s (the timeout)");
    expect(explainCall(mesh, "web", "Put").summary).toContain("denied");
  });

  it("reads as a table with a sentence below it", () => {
    const lines = formatExplanation(explainCall(mesh, "web", "Get")).split("\n");
    expect(lines[0]).toBe("web calls shop.v1.CartService/Get (dev, Istio 1.31)");
    expect(lines.find((line) => line.startsWith("timeout "))).toMatch(/2s +policies\/cart\.yaml:4 +15s$/);
    expect(lines).toContain("Worst case 3 tries, at most 2s (the timeout).");
  });
});
