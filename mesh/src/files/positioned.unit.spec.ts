import { expect, test } from "vitest";
import { policyFileShape } from "./policy-file.ts";
import { type FileFault, MeshFilesError, parsePositioned } from "./positioned.ts";

const head = "service: cinema.v1.Seats\nworkload: seats\nport: { number: 50051 }\n";

function faultsOf(text: string): readonly FileFault[] {
  try {
    parsePositioned(text, "policies/seats.yaml", policyFileShape);
  } catch (error) {
    if (error instanceof MeshFilesError) return error.faults;
    throw error;
  }
  return [];
}

test("every part knows its line, in block and in flow style", () => {
  const text = `${head}methods:\n  Hold: { timeout: 1s,\n    retries: none }\n  Get:\n    timeout: 2s\n`;
  const policy = parsePositioned(text, "p.yaml", policyFileShape);
  expect(policy.at(["methods", "Hold", "retries"])).toEqual({ kind: "file", file: "p.yaml", line: 6 });
  expect(policy.at(["methods", "Get", "timeout"]).line).toBe(8);
  expect(policy.value.methods["Get"]?.timeout).toBe(2_000);
});

test("a part that is not written has the line of what would hold it", () => {
  const policy = parsePositioned(`${head}methods:\n  Hold: { timeout: 1s }\n`, "p.yaml", policyFileShape);
  expect(policy.at(["methods", "Hold", "retries", "on"]).line).toBe(5);
});

test("all faults of a file are told at once, each with line and field", () => {
  expect(faultsOf(`${head}defaults:\n  timeout: 5\n  retrys: none\nejection: { max: 120% }\n`)).toEqual([
    expect.objectContaining({
      line: 5,
      field: "defaults.timeout",
      message: '5 is not accepted; allowed: "none", or a number and ms, s, m or h, such as 250ms or 1.5s',
    }),
    expect.objectContaining({ line: 6, field: "defaults.retrys", message: 'unknown field "retrys"' }),
    expect.objectContaining({ line: 7, field: "ejection.max", message: expect.stringContaining("0% to 100%") }),
  ]);
});

test("what is no YAML, or has a key twice, is told with its line", () => {
  expect(faultsOf(`${head}defaults: { timeout: 1s`)[0]).toMatchObject({ file: "policies/seats.yaml" });
  expect(faultsOf(`${head}workload: other\n`)[0]).toMatchObject({
    line: 4,
    message: expect.stringContaining("unique"),
  });
});

test("an empty file lacks what it must have", () => {
  expect(faultsOf("").map(({ field, message }) => `${field} ${message}`)).toEqual([
    "service is missing; allowed: string",
    "workload is missing; allowed: string",
    "port is missing; allowed: object",
  ]);
});
