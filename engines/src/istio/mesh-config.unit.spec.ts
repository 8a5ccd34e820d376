import { expect, test } from "vitest";
import { meshConfigFor, trustDomainIn } from "./mesh-config.ts";

test("Istio's own statistics filters are off, unless they are asked for", () => {
  expect(meshConfigFor("127.0.0.1:1", "cluster.local", {})).toMatchObject({ defaultProviders: {} });
  const given = { defaultProviders: { metrics: ["prometheus"] } };
  expect(meshConfigFor("127.0.0.1:1", "cluster.local", given)).toMatchObject(given);
});

test("what is given is kept, but proxies call the istiod that is started", () => {
  const given = {
    outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
    defaultConfig: { discoveryAddress: "istiod:15012", tracing: { sampling: 1 } },
  };
  expect(meshConfigFor("127.0.0.1:20000", "example.org", given)).toMatchObject({
    outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
    trustDomain: "example.org",
    defaultConfig: { discoveryAddress: "127.0.0.1:20000", tracing: { sampling: 1 } },
  });
});

test("the trust domain is Istio's own unless another is given; what is no name is refused", () => {
  expect(trustDomainIn({})).toBe("cluster.local");
  expect(trustDomainIn({ trustDomain: "example.org" })).toBe("example.org");
  for (const wrong of [7, "", null]) {
    expect(() => trustDomainIn({ trustDomain: wrong })).toThrow(
      /^meshConfig\.trustDomain is .*a domain name is allowed$/,
    );
  }
});

test("a field that must be an object is named", () => {
  expect(() => meshConfigFor("127.0.0.1:1", "cluster.local", { defaultConfig: "x" })).toThrow(
    'meshConfig.defaultConfig is "x"; an object is allowed',
  );
});
