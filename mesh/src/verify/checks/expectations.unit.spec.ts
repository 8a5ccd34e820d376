// What checks expect, worked out by hand.
import { status } from "@grpc/grpc-js";
import { beforeAll, expect, test } from "vitest";
import type { Effective, EffectiveValues } from "../../model/effective.ts";
import type { Mesh } from "../../model/mesh.ts";
import { resolveEffective } from "../../model/resolve-effective.ts";
import { depotMesh } from "../testing/depot-mesh.ts";
import { highestRatio } from "./budget.ts";
import { retriedStatus, retriesLateTries } from "./retried-statuses.ts";
import { expectedOf } from "./timeouts.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await depotMesh();
});

function withValues(values: Partial<EffectiveValues>): Effective {
  const { effective } = resolveEffective(mesh, "desk", "lab.depot.v1.DepotService", "Look");
  const given = Object.entries(values).map(([field, value]) => [field, { value, source: effective.timeoutMs.source }]);
  return { ...effective, ...Object.fromEntries(given) };
}

const all = ["unavailable", "reset", "deadline-exceeded"] as const;

test("without retries a hung call has one try and ends at the timeout", () => {
  const expected = { endsMs: { from: 700, to: 700 }, tries: { from: 1, to: 1 } };
  expect(expectedOf(withValues({ retryAttempts: 0, timeoutMs: 700, retryPerTryMs: 200 }))).toEqual(expected);
});

test("a timeout per try that is no shorter than the timeout never comes", () => {
  const values = { retryAttempts: 2, timeoutMs: 700, retryPerTryMs: 700, retryOn: all };
  expect(expectedOf(withValues(values))).toEqual({ endsMs: { from: 700, to: 700 }, tries: { from: 1, to: 1 } });
});

test("without any timeout nobody ends it", () => {
  expect(expectedOf(withValues({ retryAttempts: 0, timeoutMs: null }))).toEqual({
    endsMs: null,
    tries: { from: 1, to: 1 },
  });
});

test("tries and the pauses between them add up: 5 ms at most before the second, 15 ms before the third", () => {
  const values = { retryAttempts: 2, timeoutMs: 900, retryPerTryMs: 250, retryOn: all };
  const times = { retryBackoffBaseMs: 5, retryBackoffMaxMs: 50 };
  const expected = { endsMs: { from: 750, to: 770 }, tries: { from: 3, to: 3 } };
  expect(expectedOf(withValues({ ...values, ...times }))).toEqual(expected);
});

test("the timeout cuts the last try off, or comes before it when the tries before were late", () => {
  const values = { retryAttempts: 3, timeoutMs: 500, retryPerTryMs: 200, retryOn: all };
  const times = { retryBackoffBaseMs: 10, retryBackoffMaxMs: 100 };
  const expected = { endsMs: { from: 500, to: 500 }, tries: { from: 2, to: 3 } };
  expect(expectedOf(withValues({ ...values, ...times }))).toEqual(expected);
});

test("a try that hangs is retried by chance when only one of those who time it is heeded, and never when none is", () => {
  const base = { retryAttempts: 1, timeoutMs: 900, retryPerTryMs: 300, retryBackoffBaseMs: 10, retryBackoffMaxMs: 10 };
  expect(expectedOf(withValues({ ...base, retryOn: ["unavailable"] })).tries).toEqual({ from: 1, to: 2 });
  expect(expectedOf(withValues({ ...base, retryOn: ["refused-stream"] })).tries).toEqual({ from: 1, to: 1 });
});

test("a server that answers late is a third who times it", () => {
  expect(retriesLateTries(["unavailable", "reset"], "hangs")).toBe("always");
  expect(retriesLateTries(["unavailable", "reset"], "answers late")).toBe("by chance");
  expect(retriesLateTries(all, "answers late")).toBe("always");
  expect(retriesLateTries(["connect-failure"], "answers late")).toBe("never");
});

test("only conditions of gRPC are met by an error of a gRPC server", () => {
  expect(retriedStatus(["gateway-error", "internal"])).toBe(status.INTERNAL);
  expect(retriedStatus(["5xx", "reset"])).toBeUndefined();
});

test("a budget of 20 % is a quarter of the first tries; at little load its minimum counts", () => {
  expect(highestRatio(20, 3, 100)).toBeCloseTo(0.25);
  expect(highestRatio(20, 3, 5)).toBeCloseTo(1.5);
  expect(highestRatio(20, 3, 3)).toBe(Number.POSITIVE_INFINITY);
});
