import { describe, expect, it } from "vitest";
import { parsePathTemplate } from "./path-template.ts";
import { RouteTree } from "./route-tree.ts";

function treeOf(...routes: string[]): RouteTree<string> {
  const tree = new RouteTree<string>();
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    tree.add(method, parsePathTemplate(path), route);
  }
  return tree;
}

function find(tree: RouteTree<string>, request: string): string {
  const [method = "", path = ""] = request.split(" ");
  const match = tree.match(method, path);
  if (match.kind === "found") return match.route;
  return match.kind === "not-found" ? "404" : `405 ${match.allowed.join(",")}`;
}

const orders = treeOf(
  "POST /v1/orders",
  "GET /v1/orders",
  "GET /v1/orders/{order_id}",
  "POST /v1/orders/{order_id}:cancel",
  "GET /v1/orders/{order_id}:watch",
  "GET /v1/orders/{order_id}/timeline",
  "GET /v1/items:batchGet",
  "GET /v1/items/{sku}",
  "PUT /v1/items/{sku}",
  "DELETE /v1/items/all",
);

describe("RouteTree", () => {
  it.each([
    ["POST /v1/orders", "POST /v1/orders"],
    ["GET /v1/orders", "GET /v1/orders"],
    ["GET /v1/orders/42", "GET /v1/orders/{order_id}"],
    ["POST /v1/orders/42:cancel", "POST /v1/orders/{order_id}:cancel"],
    ["GET /v1/orders/42:watch", "GET /v1/orders/{order_id}:watch"],
    ["GET /v1/orders/42/timeline", "GET /v1/orders/{order_id}/timeline"],
    ["GET /v1/items:batchGet", "GET /v1/items:batchGet"],
    ["GET /v1/%6Frders", "GET /v1/orders"],
    ["HEAD /v1/orders/42", "GET /v1/orders/{order_id}"],
  ])("leads %s to %s", (request, route) => {
    expect(find(orders, request)).toBe(route);
  });

  it.each(["GET /", "GET /v1", "GET /v1/orders/", "GET /v1/orders//timeline", "GET /v1/orders/1/2", "GET /v2/orders"])(
    "knows no path %s",
    (request) => {
      expect(find(orders, request)).toBe("404");
    },
  );

  it("names the methods that a known path allows, HEAD and OPTIONS among them", () => {
    expect(find(orders, "PATCH /v1/orders")).toBe("405 GET,HEAD,OPTIONS,POST");
    expect(find(orders, "POST /v1/orders/42")).toBe("405 GET,HEAD,OPTIONS");
  });

  it("does not read a known verb as text when only its HTTP method differs", () => {
    expect(find(orders, "GET /v1/orders/42:cancel")).toBe("405 OPTIONS,POST");
  });

  it("reads an unknown verb as text where that gives a route, and as an unknown path elsewhere", () => {
    expect(find(orders, "GET /v1/orders/42:frob")).toBe("GET /v1/orders/{order_id}");
    expect(find(orders, "POST /v1/orders/42:frob")).toBe("404");
  });

  it("takes an encoded colon for text, not for the start of a verb", () => {
    expect(find(orders, "GET /v1/orders/42%3Acancel")).toBe("GET /v1/orders/{order_id}");
  });

  it("decodes a verb", () => {
    expect(find(orders, "POST /v1/orders/42:c%61ncel")).toBe("POST /v1/orders/{order_id}:cancel");
  });

  it("does not let an encoded slash make segments", () => {
    expect(find(orders, "GET /v1/orders/42%2Ftimeline")).toBe("GET /v1/orders/{order_id}");
  });

  it("falls back from a literal to a variable when the method fits only there", () => {
    expect(find(orders, "GET /v1/items/all")).toBe("GET /v1/items/{sku}");
    expect(find(orders, "POST /v1/items/all")).toBe("405 DELETE,GET,HEAD,OPTIONS,PUT");
  });

  it("goes for literals before *, and for * before **", () => {
    const tree = treeOf("GET /a/b/c", "GET /a/*/c", "GET /a/**");
    expect(find(tree, "GET /a/b/c")).toBe("GET /a/b/c");
    expect(find(tree, "GET /a/x/c")).toBe("GET /a/*/c");
    expect(find(tree, "GET /a/b/d")).toBe("GET /a/**");
  });

  it("matches ** with no segment, with many and with empty ones", () => {
    const tree = treeOf("GET /f/{path=**}", "GET /f/{path=**}:raw");
    expect(find(tree, "GET /f")).toBe("GET /f/{path=**}");
    expect(find(tree, "GET /f/a//b/")).toBe("GET /f/{path=**}");
    expect(find(tree, "GET /f/a/b:raw")).toBe("GET /f/{path=**}:raw");
    expect(find(tree, "GET /f/a:b/c")).toBe("GET /f/{path=**}");
  });

  it("lets * answer any method that no other route takes", () => {
    const tree = treeOf("* /a", "GET /a");
    expect(find(tree, "GET /a")).toBe("GET /a");
    expect(find(tree, "PURGE /a")).toBe("* /a");
  });

  it("refuses two routes for the same requests", () => {
    expect(() => treeOf("GET /a/{x}", "GET /a/{y=*}")).toThrow("two routes answer GET /a/{y=*}");
  });

  it.each(["GET /v1/%zz", "GET /v1/%ff", "GET /v1/orders/%"])("throws URIError for %s", (request) => {
    expect(() => find(orders, request)).toThrow(URIError);
  });
});
