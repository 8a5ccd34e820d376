// Meshes of one-method services, for tests: service `a` is `t.a.A` with the method `DoA`, and so on.
import type { Mesh } from "../../model/mesh.ts";
import { meshOf } from "../../model/testing/mesh-of.ts";

interface Service {
  readonly retries: number;
  readonly budget?: string;
  /** Services that it calls to answer; undefined: `during` is silent. */
  readonly calls?: readonly string[];
  readonly during?: Readonly<Record<string, readonly string[]>>;
  readonly retriesInCode?: Readonly<Record<string, number>>;
}

const fullName = (name: string): string => `t.${name}.${name.toUpperCase()}`;
const methodName = (name: string): string => `Do${name.toUpperCase()}`;
const called = (names: readonly string[]): Record<string, string[]> =>
  Object.fromEntries(
    [...new Set(names)].map((name) => [fullName(name), names.filter((same) => same === name).map(methodName)]),
  );

/** @param edge services that the edge caller `web` may call */
export function chainOf(edge: readonly string[], services: Readonly<Record<string, Service>>): Mesh {
  const entries = Object.entries(services);
  const callers = Object.fromEntries(
    entries.map(([name, { calls = [], during, retriesInCode = {} }]) => [
      name,
      {
        calls: called(calls),
        retriesInCode: Object.fromEntries(Object.entries(retriesInCode).map(([to, count]) => [fullName(to), count])),
        ...(during && {
          during: Object.fromEntries(Object.entries(during).map(([method, names]) => [method, called(names)])),
        }),
      },
    ]),
  );
  return meshOf({
    protos: Object.fromEntries(
      entries.map(([name]) => [
        `${name}.proto`,
        `syntax = "proto3"; package t.${name}; message M {} service ${name.toUpperCase()} { rpc ${methodName(name)}(M) returns (M); }`,
      ]),
    ),
    policies: Object.fromEntries(
      entries.map(([name, { retries, budget }]) => [
        `policies/${name}.yaml`,
        JSON.stringify({
          service: fullName(name),
          workload: name,
          port: { number: 1 },
          defaults: { retries: retries === 0 ? "none" : { attempts: retries } },
          ...(budget !== undefined && { breaker: { retryBudget: budget } }),
        }),
      ]),
    ),
    callers: JSON.stringify({ callers: { web: { edge: true, calls: called(edge) }, ...callers } }),
  });
}
