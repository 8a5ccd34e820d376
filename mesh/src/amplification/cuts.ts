// Which retries to give up so that a call at the edge stays below the limit.
import type { Mesh } from "../model/mesh.ts";
import { type Amplification, amplify } from "./amplify.ts";
import type { Call } from "./call-graph.ts";

/** Retries of one layer, and what is left of the worst case without them. */
export interface Cut {
  readonly call: Call;
  readonly kind: "mesh" | "code";
  /** Where these retries are written. */
  readonly from: string;
  readonly left: number;
}

/**
 * @returns the retries that suffice, the best first: each alone, where one suffices; else those that are needed together,
 * `left` counting those before. Empty where the number of paths alone is above the limit. Of two that leave the same the
 * outer one comes first: a retry near the edge repeats all calls below it.
 */
export function findCuts(mesh: Mesh, amplification: Amplification, limit: number): readonly Cut[] {
  const single = rank(mesh, amplification, []);
  const enough = single.filter(({ left }) => left <= limit);
  if (enough.length > 0) return enough;
  const together: Cut[] = [];
  for (let next = single[0]; next !== undefined; next = rank(mesh, amplification, together)[0]) {
    together.push(next);
    if (next.left <= limit) return together;
  }
  return [];
}

/** Every layer that still retries, by what would be left without it, beside those that are cut already. */
function rank(mesh: Mesh, { edge, service, paths }: Amplification, cut: readonly Cut[]): Cut[] {
  const layers = new Map<string, Omit<Cut, "left">>();
  for (const { calls } of paths) {
    for (const call of calls) {
      if (call.meshRetries > 0) add(layers, { call, kind: "mesh", from: call.meshRetriesFrom });
      if (call.codeRetries > 0) add(layers, { call, kind: "code", from: call.codeRetriesFrom });
    }
  }
  const done = new Set(cut.map(keyOf));
  return [...layers]
    .filter(([key]) => !done.has(key))
    .map(([key, layer]) => ({ ...layer, left: worstWithout(mesh, edge, service, new Set([...done, key])) }))
    .sort((a, b) => a.left - b.left);
}

function worstWithout(mesh: Mesh, edge: Call, service: string, cut: ReadonlySet<string>): number {
  const { amplifications } = amplify(mesh, [edge], (call) => {
    const layer = (kind: Cut["kind"], retries: number): number => 1 + (cut.has(keyOf({ call, kind })) ? 0 : retries);
    return layer("mesh", call.meshRetries) * layer("code", call.codeRetries);
  });
  return amplifications.find((found) => found.service === service)?.worst ?? 0;
}

const keyOf = ({ call, kind }: Pick<Cut, "call" | "kind">): string =>
  `${kind} ${call.caller} ${call.service}/${call.method}`;

function add(layers: Map<string, Omit<Cut, "left">>, layer: Omit<Cut, "left">): void {
  layers.set(keyOf(layer), layer);
}
