import { describe, expect, it } from "vitest";
import { servicesIn } from "../files/read-protos.ts";
import { importText } from "./testing/import-text.ts";

const catalog = new Map(
  servicesIn(
    `syntax = "proto3"; package shop.v1;
     service CartService { rpc Get(A) returns (B); rpc List(A) returns (B); rpc Put(A) returns (B); }`,
    "shop.proto",
  ).map((service) => [service.name, service]),
);
const cart = "shop.v1.CartService";

const service = `apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { selector: { app: cart }, ports: [{ name: grpc, port: 7000 }] }`;
const strict = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }`;
const allow = (rules: string, more = "") => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: cart, namespace: shop ${more} }
spec: { selector: { matchLabels: { app: cart } }, rules: ${rules} }`;
const web = allow("[{ from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }] }]");
const routes = (http: string, hosts = "[cart]") => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec: { hosts: ${hosts}, http: ${http} }`;
const rule = (policy: string) => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart, namespace: shop }
spec: { host: cart, trafficPolicy: ${policy} }`;

const imported = (...documents: string[]) => importText([service, strict, web, ...documents].join("\n---\n"), catalog);
const to = "route: [{ destination: { host: cart } }]";

describe("routes", () => {
  const values = (http: string, method = "Get") => imported(routes(http)).valuesFor("web", cart, method);

  it("have no retries where attempts are not said, whatever else of them is", () => {
    expect(values(`[{ ${to}, retries: { perTryTimeout: 1s } }]`).retryAttempts).toBe(0);
  });

  it("count in their order: the first that matches", () => {
    const http = `[
      { match: [{ uri: { prefix: /shop.v1.CartService/ } }], ${to}, timeout: 2s },
      { match: [{ uri: { exact: /shop.v1.CartService/Put } }], ${to}, timeout: 9s }]`;
    expect(values(http, "Put").timeoutMs).toBe(2_000);
  });

  it("give each method its own where no default could be taken back by some", () => {
    const http = `[
      { match: [{ uri: { exact: /shop.v1.CartService/Get } }], ${to}, retries: { attempts: 1 } },
      { ${to}, retries: { attempts: 2, perTryTimeout: 1s } }]`;
    expect(values(http, "Get")).toMatchObject({ retryAttempts: 1, retryPerTryMs: null });
    expect(values(http, "Put")).toMatchObject({ retryAttempts: 2, retryPerTryMs: 1_000 });
  });

  it("lose a fault for one method that others do not have, and no other fault", () => {
    const http = `[
      { match: [{ uri: { exact: /shop.v1.CartService/Get } }], ${to} },
      { ${to}, fault: { abort: { grpcStatus: UNAVAILABLE, percentage: { value: 1 } } } }]`;
    expect(values(http, "Get").fault).toBeNull();
    expect(values(http, "Put").fault).toEqual({ abort: { status: "UNAVAILABLE", percent: 1 } });
  });

  it("are not retried at all on nothing but a status of HTTP", () => {
    const { valuesFor, losses } = imported(routes(`[{ ${to}, retries: { attempts: 2, retryOn: "503" } }]`));
    expect(valuesFor("web", cart, "Get").retryAttempts).toBe(0);
    expect(losses).toEqual([expect.stringContaining("no longer retried on 503")]);
  });

  it("count for a condition that every gRPC call meets", () => {
    const http = `[{ match: [{ uri: { prefix: / }, method: { exact: POST } }], ${to}, timeout: 3s }]`;
    expect(imported(routes(http)).losses).toEqual([]);
    expect(values(http).timeoutMs).toBe(3_000);
  });

  it("are named where no method has their path", () => {
    const { losses } = imported(
      routes(`[{ match: [{ uri: { exact: /shop.v1.CartService/Gone } }], ${to} }, { ${to} }]`),
    );
    expect(losses).toEqual([expect.stringContaining("the protos have no method /shop.v1.CartService/Gone")]);
  });

  it("of a host are those of one VirtualService", () => {
    const { losses, valuesFor } = imported(routes(`[{ ${to}, timeout: 1s }]`), routes(`[{ ${to}, timeout: 2s }]`));
    expect(valuesFor("web", cart, "Get").timeoutMs).toBe(1_000);
    expect(losses).toEqual([expect.stringContaining("Istio takes one VirtualService per host")]);
  });

  it("name a host that no workload has", () => {
    expect(imported(routes(`[{ ${to} }]`, "[cart, cart.other]")).losses).toEqual([
      "VirtualService shop/cart spec.hosts: no workload of shop is called cart.other",
    ]);
  });
});

describe("thresholds", () => {
  it("keep a count of 0 as off", () => {
    const { valuesFor, losses } = imported(
      rule("{ outlierDetection: { consecutive5xxErrors: 0, consecutiveGatewayErrors: 4 } }"),
    );
    expect(valuesFor("web", cart, "Get")).toMatchObject({ ejectAfterErrors: null, ejectAfterGatewayErrors: 4 });
    expect(losses).toEqual([]);
  });

  it("name zones that calls would never leave", () => {
    const off = "consecutive5xxErrors: 0, consecutiveGatewayErrors: 0";
    expect(imported(rule(`{ outlierDetection: { ${off} } }`)).losses).toEqual([
      expect.stringContaining("never leave the nearest zone"),
    ]);
    const zones = "loadBalancer: { localityLbSetting: { enabled: false } }";
    expect(imported(rule(`{ outlierDetection: { ${off} }, ${zones} }`)).losses).toEqual([]);
  });

  it("name connections that are no mutual TLS", () => {
    expect(imported(rule("{ tls: { mode: DISABLE } }")).losses).toEqual([expect.stringContaining("tls DISABLE")]);
    expect(imported(rule("{ tls: { mode: ISTIO_MUTUAL } }")).losses).toEqual([]);
  });

  it("name settings of single ports", () => {
    const { losses } = imported(rule("{ portLevelSettings: [{ port: { number: 7000 }, connectionPool: {} }] }"));
    expect(losses).toEqual([expect.stringContaining("settings of single ports no longer hold")]);
  });
});

describe("who may call", () => {
  const of = (rules: string, more = "") => {
    const result = importText([service, strict, allow(rules, more)].join("\n---\n"), catalog);
    return { ...result, callers: Object.keys(result.mesh.callers.value.callers) };
  };
  const from = "from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]";

  it("is everybody known where a rule names nobody", () => {
    const { losses, callers } = of(`[{ ${from} }, { to: [{ operation: { paths: ["*/Get"] } }] }]`);
    expect(callers).toEqual(["cart", "web"]);
    expect(losses).toEqual([expect.stringContaining("not one identity: here only the workloads that are known")]);
  });

  it("is nobody by a rule for other verbs than POST", () => {
    const { callers, losses, valuesFor } = of(`[{ ${from}, to: [{ operation: { methods: [GET] } }] }]`);
    expect(valuesFor("web", cart, "Get").allowed).toBe(false);
    expect(callers).toEqual(["web"]);
    expect(losses).toEqual([]);
  });

  it("is nobody by a rule that also asks for something that cannot be kept", () => {
    const source = "from: [{ source: { principals: [cluster.local/ns/shop/sa/web], ipBlocks: [10.0.0.0/8] } }]";
    const { valuesFor, losses } = of(`[{ ${source} }]`);
    expect(valuesFor("web", cart, "Get").allowed).toBe(false);
    expect(losses).toEqual([expect.stringContaining("ipBlocks is not part of callers.yaml; the rule is left out")]);
  });

  it("is named by service account, too", () => {
    const { valuesFor, losses } = of("[{ from: [{ source: { serviceAccounts: [web, shop/batch] } }] }]");
    expect(valuesFor("web", cart, "Get").allowed).toBe(true);
    expect(valuesFor("batch", cart, "Get").allowed).toBe(true);
    expect(losses).toEqual([]);
  });

  it("is not decided by a dry run", () => {
    const { imported: result } = of(`[{ ${from} }]`, ', annotations: { "istio.io/dry-run": "true" }');
    expect(result.notes).toEqual([
      "AuthorizationPolicy cart is a dry run: it decides nothing, and is left out",
      "shop.v1.CartService is taken to be served by cart, by its name",
    ]);
    expect(result.losses).toMatchObject([{ lost: expect.stringContaining("anybody may call it today") }]);
  });
});

describe("connections", () => {
  const mode = (name: string, spec: string, namespace = "shop") => `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}`;
  const losses = (...policies: string[]) => importText([service, web, ...policies].join("\n---\n"), catalog).losses;

  it("are told where they need no mutual TLS today", () => {
    expect(losses()).toEqual([expect.stringContaining("cart takes calls without mutual TLS today")]);
  });

  it("are decided by the narrowest policy", () => {
    const root = mode("default", "{ mtls: { mode: PERMISSIVE } }", "istio-system");
    const wide = mode("default", "{ mtls: { mode: STRICT } }");
    const narrow = mode("cart", "{ selector: { matchLabels: { app: cart } }, mtls: { mode: DISABLE } }");
    expect(losses(root, wide)).toEqual([]);
    expect(losses(root, wide, narrow)).toEqual([expect.stringContaining("DISABLE: cart takes calls")]);
  });
});

describe("services", () => {
  it("are said to be served by whom a person says", () => {
    const other = service.replaceAll("cart", "basket");
    const result = importText([other, strict].join("\n---\n"), catalog, { serves: [`basket=${cart}`] });
    expect(result.imported.serves).toEqual(new Map([[cart, "basket"]]));
  });

  it("are refused where neither the workload nor the service is known", () => {
    const serves = (text: string) => () => importText(service, catalog, { serves: [text] });
    expect(serves(`basket=${cart}`)).toThrow("there is no workload basket; there are: cart");
    expect(serves("cart=shop.v1.Cart")).toThrow(
      "the protos have no service shop.v1.Cart; there are: shop.v1.CartService",
    );
  });

  it("without a workload are named", () => {
    expect(importText(service.replaceAll("cart", "basket"), catalog).losses).toEqual([
      `${cart}: no workload is known to serve it; say which with --serves WORKLOAD=${cart}`,
    ]);
  });

  it("have a port that is named as not known where their Service is not given", () => {
    const { losses } = importText([strict, web, routes(`[{ ${to} }]`)].join("\n---\n"), catalog);
    expect(losses).toEqual(["Service cart: its port is not known, 80 is written: its Service was not given"]);
  });
});
