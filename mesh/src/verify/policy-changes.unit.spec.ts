import { beforeAll, expect, test } from "vitest";
import { valuesOf } from "../model/effective.ts";
import type { Mesh } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import {
  timeLapse,
  withoutEjection,
  withoutRetries,
  withoutRetryLimits,
  withoutTimeoutsAndRetries,
} from "./policy-changes.ts";
import { depotMesh } from "./testing/depot-mesh.ts";

const service = "lab.depot.v1.DepotService";
const effective = (mesh: Mesh, method = "Look") => resolveEffective(mesh, "desk", service, method).effective;
const changed = (before: Mesh, after: Mesh, method?: string): string[] => {
  const old = Object.entries(valuesOf(effective(before, method)));
  const now = new Map<string, unknown>(Object.entries(valuesOf(effective(after, method))));
  return old
    .filter(([field, value]) => JSON.stringify(now.get(field)) !== JSON.stringify(value))
    .map(([field]) => field);
};

let mesh: Mesh;
beforeAll(async () => {
  mesh = await depotMesh();
});

test("time-lapse shortens the times of the ejection and nothing else", () => {
  const quick = timeLapse(mesh, 10);
  expect(changed(mesh, quick)).toEqual(["ejectIntervalMs", "ejectBaseMs"]);
  expect(effective(quick).ejectBaseMs.value).toBe(600);
});

test("a value that was changed keeps the line that a person wrote", () => {
  expect(effective(timeLapse(mesh, 10)).ejectBaseMs.source).toEqual(effective(mesh).ejectBaseMs.source);
});

test("time-lapse makes no ejection where there is none", () => {
  expect(changed(withoutEjection(mesh), timeLapse(withoutEjection(mesh), 10))).toEqual([]);
});

test("without ejection there are no thresholds", () => {
  expect(effective(withoutEjection(mesh)).ejectAfterGatewayErrors.value).toBeNull();
});

test("without retries timeouts stay, for every method", () => {
  expect(effective(withoutRetries(mesh)).retryAttempts.value).toBe(0);
  expect(effective(withoutRetries(mesh)).timeoutMs.value).toBe(900);
  expect(effective(withoutRetries(mesh), "Ship").timeoutMs.value).toBe(700);
});

test("without timeouts and retries neither is left, for methods of their own lines, too", () => {
  const open = withoutTimeoutsAndRetries(mesh);
  expect(effective(open, "Ship").timeoutMs.value).toBeNull();
  expect(effective(open).retryAttempts.value).toBe(0);
});

test("without limits of retries the breaker keeps its other limits", () => {
  expect(changed(mesh, withoutRetryLimits(mesh))).toEqual(["retryBudgetPercent", "retryBudgetMinimum"]);
});

test("changes add up", () => {
  const both = withoutRetries(timeLapse(mesh, 2));
  expect(effective(both).ejectBaseMs.value).toBe(3_000);
  expect(effective(both).retryAttempts.value).toBe(0);
});
