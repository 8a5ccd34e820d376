// Requests at each service for one call at the edge: tries multiplied along each path, paths added where they meet.
import type { Mesh } from "../model/mesh.ts";
import { type Call, callsDuring, edgeCalls } from "./call-graph.ts";
import { sustainedTries, worstTries } from "./tries.ts";

/** A way on which a service is reached, and what it adds there. */
export interface AmplifiedPath {
  readonly calls: readonly Call[];
  readonly worst: number;
}

/** What one call at the edge leads to at one service. */
export interface Amplification {
  readonly edge: Call;
  readonly service: string;
  /** Requests at the service when every try fails until the last one. */
  readonly worst: number;
  /** Requests at the service, on average, while retry budgets hold; see `sustainedTries`. */
  readonly sustained: number;
  /** The heaviest first; the five heaviest at most. */
  readonly paths: readonly AmplifiedPath[];
  readonly pathCount: number;
}

export interface AmplificationReport {
  readonly amplifications: readonly Amplification[];
  /** Calls that lead back to themselves; the first call is also the last. Nothing is counted beyond them. */
  readonly cycles: readonly (readonly Call[])[];
}

interface Reached {
  readonly worst: number;
  readonly sustained: number;
  readonly paths: readonly AmplifiedPath[];
  readonly pathCount: number;
}

/** Tries of a call at its worst; a replacement answers what would be if some retries were not there. */
export type CountTries = (call: Call) => number;

const keptPaths = 5;

/** @param edges the calls that come in from outside; those of callers with `edge: true` where nothing is said */
export function amplify(
  mesh: Mesh,
  edges: readonly Call[] = edgeCalls(mesh),
  countWorst: CountTries = worstTries,
): AmplificationReport {
  const known = new Map<string, ReadonlyMap<string, Reached>>();
  const cycles = new Map<string, readonly Call[]>();

  // What one try of the call leads to, by service. Every method is worked out once, however many paths lead to it.
  const reachedBy = (call: Call, way: readonly Call[]): ReadonlyMap<string, Reached> => {
    const key = `${call.service}/${call.method}`;
    const done = known.get(key);
    if (done !== undefined) return done;
    const itself: Reached = { worst: 1, sustained: 1, paths: [{ calls: [], worst: 1 }], pathCount: 1 };
    const reached = new Map([[call.service, itself]]);
    for (const next of callsDuring(mesh, call.service, call.method)) {
      const again = way.findIndex(({ service, method }) => service === next.service && method === next.method);
      if (again >= 0) {
        const cycle = [...way.slice(again), next];
        cycles.set(keyOfCycle(cycle), cycle);
        continue;
      }
      add(reached, times(next, reachedBy(next, [...way, next]), countWorst));
    }
    known.set(key, reached);
    return reached;
  };

  const amplifications = edges.flatMap((edge) =>
    [...times(edge, reachedBy(edge, [edge]), countWorst)].map(([service, reached]) => ({ edge, service, ...reached })),
  );
  return { amplifications, cycles: [...cycles.values()] };
}

function times(call: Call, reached: ReadonlyMap<string, Reached>, countWorst: CountTries): Map<string, Reached> {
  const worst = countWorst(call);
  const sustained = sustainedTries(call);
  return new Map(
    [...reached].map(([service, below]) => [
      service,
      {
        worst: worst * below.worst,
        sustained: sustained * below.sustained,
        paths: below.paths.map((path) => ({ calls: [call, ...path.calls], worst: worst * path.worst })),
        pathCount: below.pathCount,
      },
    ]),
  );
}

function add(total: Map<string, Reached>, more: ReadonlyMap<string, Reached>): void {
  for (const [service, reached] of more) {
    const before = total.get(service) ?? { worst: 0, sustained: 0, paths: [], pathCount: 0 };
    total.set(service, {
      worst: before.worst + reached.worst,
      sustained: before.sustained + reached.sustained,
      paths: [...before.paths, ...reached.paths].sort((a, b) => b.worst - a.worst).slice(0, keptPaths),
      pathCount: before.pathCount + reached.pathCount,
    });
  }
}

// The same circle may be met at any of its calls.
const keyOfCycle = (cycle: readonly Call[]): string =>
  cycle
    .slice(1)
    .map(({ service, method }) => `${service}/${method}`)
    .sort()
    .join(" ");
