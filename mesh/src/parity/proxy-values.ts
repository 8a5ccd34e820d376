// What a proxy does with a call, in the words of the policies.
import type { EffectiveField, EffectiveValues } from "../model/effective.ts";
import { formatValue, labelOf } from "../model/format-effective.ts";

/** What policies do not say, for it is rendered always in one way; a proxy may differ all the same. */
export interface ConstantValues {
  /** A deadline that the client sends (`grpc-timeout`) shortens the timeout. */
  readonly honoursDeadlines: boolean;
  /** A retry goes to another host than the tries before it. */
  readonly retriesElsewhere: boolean;
  /** Envoy's own ejection of hosts that do worse than the others. */
  readonly ejectsBySuccessRate: boolean;
  readonly ejectsByFailureShare: boolean;
  /** The identities that the proxy accepts of a callee; empty: any of the authority. Sorted. */
  readonly calleeIdentities: readonly string[];
}

/** As EffectiveValues; what only a proxy can say is text. */
export type ProxyValues = Omit<EffectiveValues, "allowed" | "retryOn" | "loadBalancing" | "locality"> & {
  readonly retryOn: readonly string[];
  readonly loadBalancing: string;
  /** null: all endpoints are in one zone, or there are none, and nothing shows what it would do. */
  readonly locality: EffectiveValues["locality"] | null;
} & ConstantValues;

export type ProxyField = keyof ProxyValues;

export const constantFields = [
  "honoursDeadlines",
  "retriesElsewhere",
  "ejectsBySuccessRate",
  "ejectsByFailureShare",
  "calleeIdentities",
] as const satisfies readonly (keyof ConstantValues)[];

const constantLabels: { readonly [Field in keyof ConstantValues]: string } = {
  honoursDeadlines: "client's deadline",
  retriesElsewhere: "retry on another host",
  ejectsBySuccessRate: "eject by success rate",
  ejectsByFailureShare: "eject by share of failures",
  calleeIdentities: "identity of the callee",
};

export const isConstant = (field: ProxyField): field is keyof ConstantValues => field in constantLabels;

export const proxyLabelOf = (field: ProxyField): string => (isConstant(field) ? constantLabels[field] : labelOf(field));

export function formatProxyValue<Field extends ProxyField>(field: Field, value: ProxyValues[Field]): string {
  if (field === "honoursDeadlines") return value === true ? "honoured" : "ignored";
  if (field === "calleeIdentities") return (value as readonly string[]).join(", ") || "any of the authority";
  if (isConstant(field)) return value === true ? "on" : "off";
  // The labels of conditions and algorithms that policies do not know are the words themselves.
  return formatValue(field as EffectiveField, value as EffectiveValues[EffectiveField]);
}
