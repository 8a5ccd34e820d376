import { expect, test } from "vitest";
import { accessRules } from "./access-rules.ts";

const allowed = (service: string): string[] =>
  accessRules()
    .filter((rule) => rule.service === service && rule.operation !== "describe")
    .map(({ operation, resource, name }) => `${operation} ${resource} ${name}`)
    .toSorted();

test("a service writes what it announces and the dead letters of what it consumes, and reads as its own group", () => {
  expect(allowed("payment")).toEqual([
    "read group payment",
    "read topic ordermesh.orders.v1",
    "read topic ordermesh.orders.v1.dlq",
    "write topic ordermesh.orders.v1.dlq",
    "write topic ordermesh.payments.v1",
  ]);
});

test("one that announces nothing writes dead letters only", () => {
  expect(allowed("notification").filter((rule) => rule.startsWith("write"))).toEqual([
    "write topic ordermesh.orders.v1.dlq",
  ]);
});

test("no rule is given twice, and each topic and group may also be described", () => {
  const rules = accessRules().map((rule) => JSON.stringify(rule));
  expect(new Set(rules).size).toBe(rules.length);
  for (const { service, resource, name } of accessRules()) {
    expect(accessRules()).toContainEqual({ service, resource, name, operation: "describe" });
  }
});
