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

test("a store that is made anew is read by groups that bear the service's name, and by no other service", () => {
  expect(allowed("order")).toEqual([
    "delete group read.order-",
    "read group order",
    "read group read.order-",
    "read topic ordermesh.inventory.v1",
    "read topic ordermesh.inventory.v1.dlq",
    "read topic ordermesh.orders.v1",
    "read topic ordermesh.payments.v1",
    "read topic ordermesh.payments.v1.dlq",
    "write topic ordermesh.inventory.v1.dlq",
    "write topic ordermesh.orders.v1",
    "write topic ordermesh.payments.v1.dlq",
  ]);
  const prefixes = accessRules().filter(({ prefix }) => prefix);
  expect(new Set(prefixes.map(({ name }) => name))).toEqual(new Set(["read.order-", "read.notification-"]));
});

test("no rule is given twice, and each topic and group may also be described", () => {
  const rules = accessRules().map((rule) => JSON.stringify(rule));
  expect(new Set(rules).size).toBe(rules.length);
  for (const rule of accessRules()) {
    expect(accessRules()).toContainEqual({ ...rule, operation: "describe" });
  }
});
