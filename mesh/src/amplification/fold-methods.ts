// Methods at the edge that lead to the same on the same way are told as one.
import type { Catalog } from "../model/catalog.ts";
import { shortName } from "../model/short-names.ts";
import type { Amplification, AmplifiedPath } from "./amplify.ts";
import type { Call } from "./call-graph.ts";
import { worstTries } from "./tries.ts";

/** Amplifications that differ in nothing but the method at the edge. */
export interface FoldedAmplification<T extends Amplification = Amplification> {
  /** The first of them stands for all. */
  readonly first: T;
  readonly methods: readonly string[];
}

/** The heaviest first. */
export function foldMethods<T extends Amplification>(catalog: Catalog, found: readonly T[]): FoldedAmplification<T>[] {
  const folded = new Map<string, { first: T; methods: string[] }>();
  for (const one of found) {
    const { edge, service, worst, sustained, paths } = one;
    const ways = paths.map((path) => describePath(catalog, path));
    const key = [edge.caller, edge.service, service, worst, sustained, ...ways].join("\n");
    const same = folded.get(key);
    if (same === undefined) folded.set(key, { first: one, methods: [edge.method] });
    else same.methods.push(edge.method);
  }
  return [...folded.values()].sort((a, b) => b.first.worst - a.first.worst);
}

/** `×3 → SeatService/HoldSeats ×2`: the first call without its name, which stands elsewhere. */
export function describePath(catalog: Catalog, { calls }: AmplifiedPath): string {
  return calls
    .map(
      (call, index) => `${index === 0 ? "" : `→ ${shortName(catalog, call.service)}/${call.method} `}${timesOf(call)}`,
    )
    .join(" ");
}

const timesOf = (call: Call): string =>
  call.codeRetries === 0 ? `×${worstTries(call)}` : `×${1 + call.meshRetries} ×${1 + call.codeRetries} in code`;

/** `web → SeatService/{ListSeats, WatchSeats}` */
export function describeCall(
  catalog: Catalog,
  { caller, service, method }: Call,
  methods: readonly string[] = [method],
): string {
  const names = methods.length === 1 ? methods.join() : `{${methods.join(", ")}}`;
  return `${caller} → ${shortName(catalog, service)}/${names}`;
}
