import { expect, test } from "vitest";
import { parseAnalysis, parseValidation } from "./findings.ts";

test("a valid file has no findings", () => {
  expect(parseValidation("ok.yaml", '"ok.yaml" is valid\n')).toEqual([]);
});

test("warnings and errors of a validation are told apart, with the resource that they are about", () => {
  const output = [
    '"mesh.yaml" has warnings: ',
    "\t* VirtualService/shop/echo: virtualService rule #1 not used (only the last rule can have no matches)",
    "",
    "Error: 2 errors occurred:",
    '\t* VirtualService/shop/echo: cannot parse proto message: unknown field "bogus" in istio.VirtualService',
    "\t* DestinationRule/shop/echo: percentage 150 is not in range 0..100",
    "",
  ].join("\n");
  const found = parseValidation("mesh.yaml", output);
  expect(found.map(({ level, resource }) => [level, resource])).toEqual([
    ["warning", "VirtualService shop/echo"],
    ["error", "VirtualService shop/echo"],
    ["error", "DestinationRule shop/echo"],
  ]);
  expect(found[2]).toMatchObject({ file: "mesh.yaml", message: "percentage 150 is not in range 0..100" });
});

test("a file that is no YAML is an error without a resource", () => {
  const output = "Error: 1 error occurred:\n\t* failed to decode file a.yaml:  error converting YAML to JSON: line 5\n";
  expect(parseValidation("a.yaml", output)).toEqual([
    {
      ...{ source: "validate", level: "error", code: undefined, resource: undefined, file: "a.yaml", line: undefined },
      message: "failed to decode file a.yaml:  error converting YAML to JSON: line 5",
    },
  ]);
});

test("an analysis names code, resource, file and line", () => {
  const stdout = JSON.stringify([
    {
      code: "IST0101",
      level: "Error",
      message: 'Referenced host+subset in destinationrule not found: "echo+none"',
      origin: "VirtualService shop/echo",
      reference: "shop/mesh.yaml:7",
    },
    { code: "IST0102", level: "Info", message: "not injected", origin: "Namespace shop" },
  ]);
  const [first, second] = parseAnalysis({ stdout, stderr: "" });
  expect(first).toMatchObject({ source: "analyze", level: "error", code: "IST0101", file: "shop/mesh.yaml", line: 7 });
  expect(second).toMatchObject({ level: "info", file: undefined, line: undefined, resource: "Namespace shop" });
});

test("a file that the analysis could not read is an error, though istioctl reports success", () => {
  const stderr = [
    "Error(s) adding files: 1 error occurred:",
    '\t* errors parsing content "bad.yaml": 1 error occurred:',
    "\t* error processing bad.yaml[0]: failed converting YAML to JSON: yaml: line 5: did not find expected key",
  ].join("\n");
  const stdout = "2026-11-23T03:49:49Z\twarn\tfile\terror processing bad.yaml[0]: failed converting - skipping\n[]\n";
  expect(parseAnalysis({ stdout, stderr })).toEqual([
    expect.objectContaining({
      level: "error",
      file: "bad.yaml",
      message: "failed converting YAML to JSON: yaml: line 5: did not find expected key",
    }),
  ]);
});
