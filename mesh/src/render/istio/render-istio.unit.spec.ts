import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { MeshFilesError } from "../../files/positioned.ts";
import { type MeshText, meshOfText } from "../../model/testing/mesh-of-text.ts";
import { istioYaml, renderIstioFiles } from "./istio-yaml.ts";
import { renderIstio } from "./render-istio.ts";
import type { IstioResource } from "./resource.ts";

const proto = `syntax = "proto3"; package shop.v1;
service CartService { rpc Get(A) returns (B); rpc List(A) returns (B); rpc Put(A) returns (B); rpc Watch(A) returns (stream B); }
service StampService { rpc Stamp(A) returns (B); }`;

const cart = (rest: string) =>
  `service: shop.v1.CartService\nworkload: cart\nport: { number: 7000, name: grpc }\n${rest}`;
const stamp = (rest: string) =>
  `service: shop.v1.StampService\nworkload: cart\nport: { number: 7000, name: grpc }\n${rest}`;

function rendered(policy: string, text: Partial<MeshText> = {}): IstioResource[] {
  return renderIstio(meshOfText({ proto, policies: { "policies/cart.yaml": cart(policy) }, ...text }));
}

function only<Kind extends IstioResource["kind"]>(
  resources: readonly IstioResource[],
  kind: Kind,
  name: string,
): Extract<IstioResource, { kind: Kind }> {
  const found = resources.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found as Extract<IstioResource, { kind: Kind }>;
}

describe("routes", () => {
  const routes = (policy: string, text?: Partial<MeshText>) =>
    only(rendered(policy, text), "VirtualService", "cart").spec.http;

  it("are those of methods that differ, by exact path, and then the defaults of the service", () => {
    const http =
      routes(`defaults: { timeout: 1s, retries: { attempts: 1, perTry: 300ms, on: [unavailable], backoff: 10ms..100ms } }
methods:
  Put: { timeout: 3s, retries: none }
  Watch: { timeout: none, retries: none }`);
    expect(http.map(({ name }) => name)).toEqual(["Put", "Watch", "default"]);
    expect(http[0]).toMatchObject({
      match: [{ uri: { exact: "/shop.v1.CartService/Put" } }],
      route: [{ destination: { host: "cart.shop.svc.cluster.local" } }],
      timeout: "3s",
    });
    expect(http[2]).toEqual({
      name: "default",
      route: [{ destination: { host: "cart.shop.svc.cluster.local" } }],
      timeout: "1s",
      retries: { attempts: 1, perTryTimeout: "300ms", retryOn: "unavailable", backoff: "10ms" },
    });
  });

  it("say that retries are off, since Istio retries twice where nothing is said", () => {
    expect(routes("defaults: { retries: none }")[0]?.retries).toEqual({ attempts: 0 });
  });

  it("write Istio's own retries out where the policy says nothing", () => {
    expect(routes("")[0]?.retries).toEqual({
      attempts: 2,
      retryOn: "cancelled,connect-failure,refused-stream,retriable-status-codes,unavailable",
      backoff: "25ms",
    });
  });

  it("have no timeout where there is none: Istio refuses 0s", () => {
    expect(routes("defaults: { timeout: none }")[0]).not.toHaveProperty("timeout");
  });

  it("put methods that agree with each other together", () => {
    const http = routes("methods:\n  Get: { timeout: 2s }\n  List: { timeout: 2s }");
    expect(http.map(({ name }) => name)).toEqual(["Get-List", "default"]);
    expect(http[0]?.match).toHaveLength(2);
  });

  it("leave out a method that says what its service says", () => {
    expect(routes("defaults: { timeout: 2s }\nmethods:\n  Get: { timeout: 2s }")).toHaveLength(1);
  });

  it("tell services of one workload apart by prefix only where their defaults differ", () => {
    const both = (second: string) =>
      routes("", {
        policies: { "policies/cart.yaml": cart("defaults: { timeout: 1s }"), "policies/stamp.yaml": stamp(second) },
      });
    expect(both("defaults: { timeout: 1s }").map(({ match }) => match)).toEqual([undefined]);
    expect(both("defaults: { timeout: 2s }").map(({ match, timeout }) => [match, timeout])).toEqual([
      [[{ uri: { prefix: "/shop.v1.CartService/" } }], "1s"],
      [[{ uri: { prefix: "/shop.v1.StampService/" } }], "2s"],
    ]);
  });

  it("carry faults that are put in on purpose", () => {
    const [route] = routes(
      "methods:\n  Get: { fault: { abort: { status: UNAVAILABLE, percent: 5% }, delay: { fixed: 2s, percent: 1% } } }",
    );
    expect(route?.fault).toEqual({
      abort: { grpcStatus: "UNAVAILABLE", percentage: { value: 5 } },
      delay: { fixedDelay: "2s", percentage: { value: 1 } },
    });
  });
});

describe("thresholds", () => {
  const traffic = (policy: string) => only(rendered(policy), "DestinationRule", "cart").spec.trafficPolicy;

  it("write the retry budget out, and then leave aside how many retries may run at once", () => {
    const policy = traffic("breaker: { requests: 10, pending: 5, connections: 4, retryBudget: 20%, maxRetries: 7 }");
    expect(policy.retryBudget).toEqual({ percent: 20, minRetryConcurrency: 3 });
    expect(policy.connectionPool).toEqual({
      tcp: { connectTimeout: "10s", maxConnections: 4 },
      http: { http1MaxPendingRequests: 5, http2MaxRequests: 10 },
    });
  });

  it("have no word for unlimited but to say nothing", () => {
    expect(traffic("breaker: { maxRetries: 7 }").connectionPool).toEqual({
      tcp: { connectTimeout: "10s" },
      http: { maxRetries: 7 },
    });
  });

  it("are 0 where ejection is off: a count of 5xx that is not said would be 5", () => {
    expect(traffic("ejection: { after: 3 gateway errors }").outlierDetection).toMatchObject({
      consecutiveGatewayErrors: 3,
      consecutive5xxErrors: 0,
    });
    expect(traffic("ejection: none").outlierDetection).toMatchObject({
      consecutiveGatewayErrors: 0,
      consecutive5xxErrors: 0,
    });
  });

  it("turn zones off in so many words, since ejection alone would turn them on", () => {
    const locality = (policy: string) => traffic(policy).loadBalancer.localityLbSetting;
    expect(locality("ejection: { after: 3 errors }\nlocality: off")).toEqual({ enabled: false });
    expect(locality("ejection: { after: 3 errors }\nlocality: failover")).toEqual({ enabled: true });
  });
});

describe("what Istio cannot say", () => {
  const faults = (policy: string, text?: Partial<MeshText>) => {
    try {
      rendered(policy, text);
    } catch (error) {
      if (error instanceof MeshFilesError) return error.faults;
      throw error;
    }
    return [];
  };

  it.each([
    [
      "a longest pause that is not ten times the first",
      "defaults: { retries: { backoff: 10ms..50ms } }",
      "longest back-off",
    ],
    ["parts of a millisecond", "defaults: { timeout: 1.5ms }", "timeout"],
    ["a timeout of nothing", "defaults: { timeout: 0s }", "timeout"],
    ["a budget that allows no retry at rest", "breaker: { retryBudget: 10%, retryMinimum: 0 }", "retry budget, least"],
    ["no concurrent retries", "breaker: { maxRetries: 0 }", "concurrent retries"],
    ["an ejection of no host", "ejection: { after: 3 errors, max: 0% }", "ejected at most"],
    ["a part of a percent", "ejection: { after: 3 errors, max: 12.5% }", "ejected at most"],
  ])("is refused with its line: %s", (_, policy, field) => {
    expect(faults(policy)).toMatchObject([{ file: "policies/cart.yaml", line: 4, field }]);
  });

  it("is refused: two thresholds for one host", () => {
    const policies = {
      "policies/cart.yaml": cart("breaker: { requests: 5 }"),
      "policies/stamp.yaml": stamp("breaker: { requests: 6 }"),
    };
    expect(faults("", { policies })).toMatchObject([{ file: "policies/stamp.yaml", line: 4, field: "requests" }]);
  });

  it("is refused: two ports of one workload", () => {
    const policies = {
      "policies/cart.yaml": cart(""),
      "policies/stamp.yaml": stamp("").replace("7000", "7001"),
    };
    expect(faults("", { policies })).toMatchObject([{ file: "policies/stamp.yaml", field: "port.number" }]);
  });

  it("is not refused where a default says it", () => {
    expect(faults("breaker: { requests: 3 }")).toEqual([]);
  });
});

describe("who may call", () => {
  const callers = `callers:
  web: { serviceAccount: front, calls: { shop.v1.CartService: [Put, Get] } }
  batch: { calls: { shop.v1.CartService: all } }
  idle: {}`;

  it("is said by identity and exact path, over a namespace in which nothing is allowed", () => {
    const resources = rendered("", { callers });
    expect(only(resources, "AuthorizationPolicy", "deny-all").spec).toEqual({});
    expect(only(resources, "PeerAuthentication", "default").spec).toEqual({ mtls: { mode: "STRICT" } });
    expect(only(resources, "AuthorizationPolicy", "cart-callers").spec).toMatchObject({
      selector: { matchLabels: { app: "cart" } },
      action: "ALLOW",
      rules: [
        {
          from: [{ source: { principals: ["cluster.local/ns/shop/sa/front"] } }],
          to: [{ operation: { paths: ["/shop.v1.CartService/Get", "/shop.v1.CartService/Put"] } }],
        },
        {
          from: [{ source: { principals: ["cluster.local/ns/shop/sa/batch"] } }],
          to: [{ operation: { paths: ["Get", "List", "Put", "Watch"].map((name) => `/shop.v1.CartService/${name}`) } }],
        },
      ],
    });
  });

  it("is nobody where callers.yaml names none: no policy opens the workload", () => {
    const names = rendered("", { callers: "callers: { idle: {} }" }).map(({ metadata }) => metadata.name);
    expect(names).not.toContain("cart-callers");
  });

  it("limits what a proxy knows to the hosts that its workload may call", () => {
    const resources = rendered("", { callers });
    expect(only(resources, "Sidecar", "web").spec.egress).toEqual([{ hosts: ["./cart.shop.svc.cluster.local"] }]);
    expect(only(resources, "Sidecar", "idle").spec.egress).toEqual([{ hosts: ["~/*"] }]);
  });

  it("closes a workload to other hosts outside the mesh once it names one", () => {
    const resources = rendered("", {
      callers: "callers: { web: { egress: [{ host: mail.example.com, port: 465, protocol: TLS }] }, idle: {} }",
    });
    expect(only(resources, "ServiceEntry", "mail-example-com").spec).toMatchObject({
      hosts: ["mail.example.com"],
      exportTo: ["."],
      ports: [{ number: 465, name: "tls-465", protocol: "TLS" }],
    });
    expect(only(resources, "Sidecar", "web").spec).toMatchObject({
      egress: [{ hosts: ["./mail.example.com"] }],
      outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
    });
    expect(only(resources, "Sidecar", "idle").spec).not.toHaveProperty("outboundTrafficPolicy");
  });
});

describe("the edge", () => {
  const gateway = "gateway: { workload: web, host: shop.example.com, port: 443, tlsSecret: shop-tls }";
  const jwt = gateway.replace(
    " }",
    ", jwt: { issuer: https://id.example.com, jwksUri: https://id.example.com/keys, audiences: [shop] } }",
  );

  it("takes calls in by TLS and never retries them", () => {
    const resources = rendered("", { mesh: gateway });
    expect(only(resources, "Gateway", "web-edge").spec.servers[0]).toMatchObject({
      hosts: ["shop.example.com"],
      tls: { mode: "SIMPLE", credentialName: "shop-tls" },
    });
    expect(only(resources, "VirtualService", "web-edge").spec.http[0]?.retries).toEqual({ attempts: 0 });
  });

  it("lets only the ingress gateway call the workload at the edge", () => {
    const { spec } = only(rendered("", { mesh: gateway }), "AuthorizationPolicy", "web-edge");
    expect(spec).toMatchObject({
      rules: [{ from: [{ source: { principals: ["cluster.local/ns/istio-ingress/sa/istio-ingress"] } }] }],
    });
    expect(JSON.stringify(spec)).not.toContain("requestPrincipals");
  });

  it("asks for a valid token where mesh.yaml has an issuer", () => {
    const resources = rendered("", { mesh: jwt });
    expect(only(resources, "RequestAuthentication", "web-edge").spec.jwtRules).toEqual([
      {
        issuer: "https://id.example.com",
        jwksUri: "https://id.example.com/keys",
        audiences: ["shop"],
        forwardOriginalToken: true,
      },
    ]);
    expect(JSON.stringify(only(resources, "AuthorizationPolicy", "web-edge"))).toContain(
      '"requestPrincipals":["https://id.example.com/*"]',
    );
  });
});

describe("files", () => {
  const mesh = meshOfText({
    proto,
    policies: { "policies/cart.yaml": cart("") },
    callers: "callers: { web: { calls: { shop.v1.CartService: all } } }",
  });

  it("are one for the mesh and one for each workload", () => {
    expect([...renderIstioFiles(mesh).keys()]).toEqual([
      "istio/dev/mesh.yaml",
      "istio/dev/cart.yaml",
      "istio/dev/web.yaml",
    ]);
  });

  it("hold together what renderIstio gives", () => {
    const inFiles = [...renderIstioFiles(mesh).values()].flatMap((text) =>
      parseAllDocuments(text).map((document) => JSON.stringify(document.toJS())),
    );
    expect(inFiles.sort()).toEqual(
      renderIstio(mesh)
        .map((resource) => JSON.stringify(resource))
        .sort(),
    );
  });

  it("are the same, to the byte, each time", () => {
    expect(istioYaml(renderIstio(mesh))).toBe(istioYaml(renderIstio(mesh)));
    expect(istioYaml(renderIstio(mesh))).toMatch(/^# generated by mesh render istio/);
  });
});
