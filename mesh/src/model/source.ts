// Where a value comes from, so that every figure the tool prints can be looked up.

/** A line of a file that a person wrote, or a default that nobody wrote. */
export type Source =
  | { readonly kind: "file"; readonly file: string; readonly line: number }
  | { readonly kind: "default"; readonly of: "istio" | "envoy" | "mesh"; readonly why: string };

export interface Sourced<T> {
  readonly value: T;
  readonly source: Source;
}

export const fromDefault = <T>(of: "istio" | "envoy" | "mesh", why: string, value: T): Sourced<T> => ({
  value,
  source: { kind: "default", of, why },
});

/** `policies/inventory.yaml:12`, or `default of Istio 1.30: …`. */
export function describeSource(source: Source): string {
  if (source.kind === "file") return `${source.file}:${source.line}`;
  const names = { istio: "Istio", envoy: "Envoy", mesh: "this tool" } as const;
  return `default of ${names[source.of]}: ${source.why}`;
}
