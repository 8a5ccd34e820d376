import { describe, expect, it } from "vitest";
import { meshOfText } from "../../model/testing/mesh-of-text.ts";
import { type IstioPlacement, placedLabels } from "./placement.ts";
import { renderIstio } from "./render-istio.ts";

const mesh = meshOfText({
  proto: `syntax = "proto3"; package shop.v1;
    service CartService { rpc Get(A) returns (B); }
    service StampService { rpc Stamp(A) returns (B); }`,
  policies: {
    "policies/cart.yaml": "service: shop.v1.CartService\nworkload: cart\nport: { number: 7000, name: grpc }",
    "policies/stamp.yaml": "service: shop.v1.StampService\nworkload: stamp\nport: { number: 7000, name: grpc }",
  },
  mesh: "gateway: { workload: web, host: shop.example.com, port: 443, tlsSecret: shop-tls }",
  callers: `callers:
  web: { calls: { shop.v1.CartService: all, shop.v1.StampService: all } }
  cart: { calls: { shop.v1.StampService: all } }`,
});

const placement: IstioPlacement = {
  workloads: {
    cart: {
      instances: [
        { address: "127.0.0.2", inboundPort: 15402, appPort: 15202, zone: "here/a" },
        { address: "127.0.0.3", inboundPort: 15402, appPort: 15203 },
      ],
    },
    stamp: { instances: [{ address: "127.0.0.4", inboundPort: 15402, appPort: 15204 }] },
  },
  egressBind: { web: "127.0.0.5", cart: ["127.0.0.2", "127.0.0.3"] },
};

const placed = renderIstio(mesh, { placement });
const sidecar = (name: string) =>
  placed.find(({ kind, metadata }) => kind === "Sidecar" && metadata.name === name)?.spec;

describe("a mesh that is placed on one machine", () => {
  it("has the same routes, thresholds and policies as one in a cluster", () => {
    const policies = (resources: ReturnType<typeof renderIstio>) =>
      resources.filter(
        ({ kind, metadata }) =>
          ["DestinationRule", "AuthorizationPolicy", "PeerAuthentication"].includes(kind) ||
          (kind === "VirtualService" && metadata.name !== "web-edge"),
      );
    expect(policies(placed)).toEqual(policies(renderIstio(mesh)));
    expect(policies(placed)).toHaveLength(9);
  });

  it("names each instance as an endpoint of its host, with the identity that clients ask for", () => {
    expect(
      placed.find(({ kind, metadata }) => kind === "ServiceEntry" && metadata.name === "cart")?.spec,
    ).toMatchObject({
      hosts: ["cart.shop.svc.cluster.local"],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: [{ number: 7000, name: "grpc", protocol: "GRPC" }],
      endpoints: [
        { address: "127.0.0.2", ports: { grpc: 15402 }, serviceAccount: "cart", locality: "here/a" },
        { address: "127.0.0.3", ports: { grpc: 15402 } },
      ],
      subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/cart"],
    });
  });

  it("has a Sidecar for each instance, with its own listeners", () => {
    expect(sidecar("cart-1")).toEqual({
      workloadSelector: { labels: placedLabels("cart", 1) },
      ingress: [
        {
          port: { number: 15402, protocol: "GRPC", name: "grpc" },
          bind: "127.0.0.3",
          captureMode: "NONE",
          defaultEndpoint: "127.0.0.1:15203",
        },
      ],
      egress: [
        {
          port: { number: 7000, protocol: "GRPC", name: "grpc-7000" },
          bind: "127.0.0.3",
          captureMode: "NONE",
          hosts: ["./stamp.shop.svc.cluster.local"],
        },
      ],
    });
  });

  it("lets hosts on one port share a listener of their caller", () => {
    expect(sidecar("web-0")?.["egress" as never]).toMatchObject([
      { bind: "127.0.0.5", hosts: ["./cart.shop.svc.cluster.local", "./stamp.shop.svc.cluster.local"] },
    ]);
  });

  it("gives a workload that calls nobody nothing to call by", () => {
    expect(sidecar("stamp-0")).toMatchObject({ egress: [{ hosts: ["~/*"] }] });
  });

  it("has no ingress gateway", () => {
    expect(placed.map(({ kind }) => kind)).not.toContain("Gateway");
  });
});
