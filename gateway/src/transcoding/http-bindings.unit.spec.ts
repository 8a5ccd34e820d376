import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, type DescMethod, setExtension } from "@bufbuild/protobuf";
import { MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { HttpRuleSchema, http } from "@ordermesh/proto/google";
import { describe, expect, it } from "vitest";
import { libraryMethod } from "../testdata/library.ts";
import { httpBindings } from "./http-bindings.ts";

function annotated(rpc: string, rule: MessageInitShape<typeof HttpRuleSchema>): DescMethod {
  const method = libraryMethod(rpc);
  const options = create(MethodOptionsSchema);
  setExtension(options, http, create(HttpRuleSchema, rule));
  return { ...method, proto: { ...method.proto, options }, toString: () => `rpc ${rpc}` };
}

describe("httpBindings", () => {
  it("reads the rule and its additional bindings, each with a body and an answer of its own", () => {
    const bindings = httpBindings(libraryMethod("ListBooks"));
    expect(bindings.map(({ httpMethod, template }) => `${httpMethod} ${template.source}`)).toEqual([
      "GET /v1/books",
      "GET /v1/books:titles",
    ]);
    expect(bindings.map(({ responseBody }) => responseBody?.name)).toEqual([undefined, "titles"]);
  });

  it("reads custom HTTP methods and the wildcard", () => {
    expect(httpBindings(libraryMethod("ReadFile")).at(-1)?.httpMethod).toBe("PURGE");
    expect(httpBindings(libraryMethod("Probe")).at(-1)?.httpMethod).toBe("*");
  });

  it("finds none for a method without the option", () => {
    expect(httpBindings(libraryMethod("Internal"))).toEqual([]);
  });

  const get = (value: string) => ({ pattern: { case: "get" as const, value } });
  it.each([
    [annotated("GetBook", get("/v1/{nothing}")), "{nothing} is no field"],
    [annotated("GetBook", get("/v1/{edition}")), "{edition} must be a single value"],
    [annotated("ListBooks", get("/v1/{words}")), "{words} must be a single value"],
    [annotated("ListBooks", get("/v1/{authors.full_name}")), "{authors.full_name} is no field"],
    [annotated("CreateBook", { ...get("/v1/x"), body: "nothing" }), 'body "nothing" is no field'],
    [annotated("CreateBook", { ...get("/v1/x"), responseBody: "isbn" }), 'response_body "isbn" is no field'],
    [annotated("CreateBook", { ...get("/v1/{book.isbn}"), body: "book" }), "bound by both the path and the body"],
    [annotated("GetBook", {}), "names no HTTP method and path"],
    [
      annotated("GetBook", { ...get("/a"), additionalBindings: [{ ...get("/b"), additionalBindings: [get("/c")] }] }),
      "must not be nested",
    ],
    [annotated("GetBook", { pattern: { case: "custom", value: { kind: "A B", path: "/a" } } }), "is no HTTP method"],
  ])("refuses a rule that does not fit its method", (method, reason) => {
    expect(() => httpBindings(method)).toThrow(reason);
    expect(() => httpBindings(method)).toThrow(method.name);
  });
});
