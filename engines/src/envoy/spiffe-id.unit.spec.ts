import { expect, test } from "vitest";
import { checkTrustDomain, spiffeIdOf } from "./spiffe-id.ts";

test("a workload that is named as in Istio has Istio's SPIFFE ID", () => {
  const id = "spiffe://cluster.local/ns/shop/sa/order";
  expect(spiffeIdOf("cluster.local", { namespace: "shop", serviceAccount: "order" })).toBe(id);
  expect(spiffeIdOf("cluster.local", { spiffeId: id })).toBe(id);
});

test.each([
  [{ namespace: "shop", serviceAccount: "a/b" }, 'serviceAccount "a/b"'],
  [{ namespace: "", serviceAccount: "order" }, 'namespace ""'],
  [{ namespace: "..", serviceAccount: "order" }, 'namespace ".."'],
  [{ spiffeId: "spiffe://elsewhere/ns/shop/sa/order" }, "begin with spiffe://cluster.local/"],
  [{ spiffeId: "spiffe://cluster.local.evil/x" }, "begin with spiffe://cluster.local/"],
  [{ spiffeId: "spiffe://cluster.local/ns//sa/order" }, 'part ""'],
  [{ spiffeId: "spiffe://cluster.local/ns/shop/" }, 'part ""'],
  [{ spiffeId: "spiffe://cluster.local/a?b" }, 'part "a?b"'],
  [{ spiffeId: `spiffe://cluster.local/${"a".repeat(2048)}` }, "2048 bytes"],
])("%j is refused with what is wrong", (workload, wrong) => {
  const issue = () => spiffeIdOf("cluster.local", workload);
  expect(issue).toThrow(expect.objectContaining({ name: "EngineError", code: "SPIFFE_ID_INVALID" }));
  expect(issue).toThrow(wrong);
});

test.each(["", "Cluster.local", "a b", "a/b", "x".repeat(256)])("%j is no trust domain", (domain) => {
  expect(() => checkTrustDomain(domain)).toThrow(expect.objectContaining({ code: "SPIFFE_ID_INVALID" }));
});
