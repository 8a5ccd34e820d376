import { describe, expect, it } from "vitest";
import { parsePathTemplate } from "./path-template.ts";

describe("parsePathTemplate", () => {
  it("reads literals, a single-segment variable and a verb", () => {
    expect(parsePathTemplate("/v1/orders/{order_id}:cancel")).toMatchObject({
      segments: [{ kind: "literal", text: "v1" }, { kind: "literal", text: "orders" }, { kind: "single" }],
      variables: [{ fieldPath: ["order_id"], from: 2, to: 3, multi: false, open: false }],
      verb: "cancel",
    });
  });

  it("reads a variable with segments of its own as a multi-segment capture", () => {
    expect(parsePathTemplate("/v1/{book.name=shelves/*/books/*}").variables).toEqual([
      { fieldPath: ["book", "name"], from: 1, to: 5, multi: true, open: false },
    ]);
  });

  it("reads ** as an open capture, also beside segments before it", () => {
    const template = parsePathTemplate("/v1/*/{path=files/**}:raw");
    expect(template.segments.map(({ kind }) => kind)).toEqual(["literal", "single", "literal", "rest"]);
    expect(template.variables[0]).toMatchObject({ from: 2, to: 4, multi: true, open: true });
    expect(template.verb).toBe("raw");
  });

  it("reads a verb right after a literal", () => {
    expect(parsePathTemplate("/v1/items:batchGet")).toMatchObject({ verb: "batchGet", variables: [] });
  });

  it("treats {var=*} and {var=literal} as one segment", () => {
    expect(parsePathTemplate("/v1/{a=*}").variables[0]).toMatchObject({ multi: false });
    expect(parsePathTemplate("/v1/{a=b}").variables[0]).toMatchObject({ multi: false });
  });

  it("decodes percent-encoded literals", () => {
    expect(parsePathTemplate("/v1/a%20b").segments[1]).toEqual({ kind: "literal", text: "a b" });
  });

  it.each([
    ["v1/orders", 'must start with "/"'],
    ["/v1/{a", "braces must match"],
    ["/v1/a}", "braces must match"],
    ["/v1/{a={b}}", "must not be nested"],
    ["/v1/**/x", "** must be the last segment"],
    ["/v1/{a=**}/x", "** must be the last segment"],
    ["/v1/{a=x/**/y}", "** must be the last segment"],
    ["/v1//x", '"" is no segment'],
    ["/v1/x*", '"x*" is no segment'],
    ["/v1/{1a}", '"1a" is no field path'],
    ["/v1/{a.}", '"a." is no field path'],
    ["/v1/{a}/{a}", "{a} is bound twice"],
    ["/v1/x:", '":" is no verb'],
    ["/v1/%zz", "is not well percent-encoded"],
  ])("refuses %s, naming the template", (template, reason) => {
    expect(() => parsePathTemplate(template)).toThrow(`path template "${template}"`);
    expect(() => parsePathTemplate(template)).toThrow(reason);
  });
});
