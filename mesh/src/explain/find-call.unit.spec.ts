import { describe, expect, it } from "vitest";
import { meshOfText } from "../model/testing/mesh-of-text.ts";
import { editDistance, findCaller, findMethodByName } from "./find-call.ts";

const mesh = meshOfText({
  proto: `syntax = "proto3"; package shop.v1;
    service CartService { rpc Get(A) returns (B); rpc PutItem(A) returns (B); }
    service StampService { rpc Get(A) returns (B); }`,
  policies: { "policies/cart.yaml": "service: shop.v1.CartService\nworkload: cart\nport: { number: 7000 }" },
  callers: "callers: { web: {}, batch: {} }",
});

describe("a method", () => {
  it.each(["PutItem", "CartService/PutItem", "shop.v1.CartService/PutItem", "/shop.v1.CartService/PutItem"])(
    "is found by %s",
    (given) => {
      expect(findMethodByName(mesh, given).path).toBe("/shop.v1.CartService/PutItem");
    },
  );

  it("whose name two services have is found by its service", () => {
    expect(() => findMethodByName(mesh, "Get")).toThrow(
      '"Get" is the name of several methods: shop.v1.CartService/Get, shop.v1.StampService/Get',
    );
    expect(findMethodByName(mesh, "StampService/Get").service).toBe("shop.v1.StampService");
  });

  it("that does not exist comes with those it may have been", () => {
    expect(() => findMethodByName(mesh, "putitme")).toThrow('there is no method "putitme"; did you mean PutItem?');
    expect(() => findMethodByName(mesh, "CartService/Put")).toThrow("did you mean shop.v1.CartService/PutItem?");
    expect(() => findMethodByName(mesh, "Xyzzy")).toThrow("there are: Get, PutItem");
  });

  it("is not found by a part of its name", () => {
    expect(() => findMethodByName(mesh, "Item")).toThrow("did you mean PutItem?");
  });
});

describe("a caller", () => {
  it("is any workload, one that only serves included", () => {
    expect(findCaller(mesh, "cart")).toBe("cart");
    expect(findCaller(mesh, "batch")).toBe("batch");
  });

  it("that does not exist comes with those it may have been", () => {
    expect(() => findCaller(mesh, "bath")).toThrow('there is no workload "bath"; did you mean batch');
    expect(() => findCaller(mesh, "zzzzzzz")).toThrow("there are: batch, cart, web");
  });
});

describe("the distance between two words", () => {
  it.each([
    ["", "", 0],
    ["get", "get", 0],
    ["", "get", 3],
    ["get", "gte", 2],
    ["kitten", "sitting", 3],
  ])("%s to %s is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});
