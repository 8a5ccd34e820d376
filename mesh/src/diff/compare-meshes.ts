// What differs in effect between two states of a mesh: two environments, or now and an older commit.
import { findMethod } from "../model/catalog.ts";
import { type EffectiveField, type EffectiveValues, valuesOf } from "../model/effective.ts";
import { effectiveFields, formatValue, hasEffect } from "../model/format-effective.ts";
import { type Mesh, replicasOf, workloadsOf } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import type { Source } from "../model/source.ts";

export interface CallName {
  readonly caller: string;
  readonly service: string;
  readonly method: string;
}

/** One field of one call that is not the same on both sides. */
export interface Difference extends CallName {
  readonly field: EffectiveField;
  readonly from: Side;
  readonly to: Side;
}

export interface Side {
  /** As people read it; `-` where the field has no effect. */
  readonly text: string;
  /** The value itself; null where it has no effect, or there is no such method. */
  readonly value: unknown;
  /** Where it is written, or which default it is; null where there is no value. */
  readonly source: Source | null;
}

/** A workload that runs in another number; 0 where it is not there. */
export interface ReplicaDifference {
  readonly workload: string;
  readonly from: number;
  readonly to: number;
}

export interface MeshDifference {
  readonly calls: readonly Difference[];
  readonly replicas: readonly ReplicaDifference[];
  /** Every call that was compared. */
  readonly compared: readonly CallName[];
}

/**
 * Compares every call that either side allows. A call that only one side allows differs in its authorization and is not
 * compared further. Values that have no effect beside the others, such as a back-off without retries, count as absent.
 */
export function compareMeshes(from: Mesh, to: Mesh): MeshDifference {
  const compared = [
    ...new Map([from, to].flatMap(allowedIn).map((call) => [Object.values(call).join(" "), call])).values(),
  ];
  return {
    calls: compared.flatMap((call) => compareCall(from, to, call)),
    replicas: [...new Set([...workloadsOf(from), ...workloadsOf(to)])].sort().flatMap((workload) => {
      const counts = { from: countOf(from, workload), to: countOf(to, workload) };
      return counts.from === counts.to ? [] : [{ workload, ...counts }];
    }),
    compared,
  };
}

function allowedIn(mesh: Mesh): CallName[] {
  const methods = [...mesh.catalog.values()].flatMap((service) => service.methods);
  return Object.keys(mesh.callers.value.callers).flatMap((caller) =>
    methods
      .map(({ service, name }) => ({ caller, service, method: name }))
      .filter((call) => authorizationOf(mesh, call).value === true),
  );
}

function compareCall(from: Mesh, to: Mesh, call: CallName): Difference[] {
  const authorization = { from: authorizationOf(from, call), to: authorizationOf(to, call) };
  if (authorization.from.value !== true || authorization.to.value !== true) {
    return [{ ...call, field: "allowed", ...authorization }];
  }
  const { caller, service, method } = call;
  const before = resolveEffective(from, caller, service, method).effective;
  const after = resolveEffective(to, caller, service, method).effective;
  const [beforeValues, afterValues] = [valuesOf(before), valuesOf(after)];
  return effectiveFields
    .map((field) => ({
      ...call,
      field,
      from: sideOf(field, beforeValues, before[field].source),
      to: sideOf(field, afterValues, after[field].source),
    }))
    .filter((difference) => difference.from.text !== difference.to.text);
}

function sideOf<Field extends EffectiveField>(field: Field, values: EffectiveValues, source: Source): Side {
  if (!hasEffect(field, values)) return { text: "-", value: null, source: null };
  return { text: formatValue(field, values[field]), value: values[field], source };
}

// `all` of callers.yaml holds for the methods that the protos have, and for no others.
function authorizationOf(mesh: Mesh, { caller, service, method }: CallName): Side {
  if (findMethod(mesh.catalog, service, method) === undefined) {
    return { text: "no such method", value: null, source: null };
  }
  const { value, source } = resolveEffective(mesh, caller, service, method).effective.allowed;
  return { text: formatValue("allowed", value), value, source };
}

const countOf = (mesh: Mesh, workload: string): number =>
  workloadsOf(mesh).includes(workload) ? replicasOf(mesh, workload) : 0;
