// Calls that differ in the same way are told as one: "all 7 calls".
import type { CallName, Difference, MeshDifference } from "./compare-meshes.ts";

export interface FoldedDifference {
  readonly callers: readonly string[];
  readonly service: string;
  /** `all 7 calls`, or the names of the methods. */
  readonly methods: string;
  readonly first: Difference;
}

interface OfCaller {
  readonly caller: string;
  readonly differences: readonly Difference[];
  /** Whether these are all calls of the caller to the service. */
  readonly all: boolean;
}

/** In the order in which the differences come. */
export function foldDifferences({ calls, compared }: MeshDifference): FoldedDifference[] {
  const alike = Map.groupBy(calls, ({ service, field, from, to }) =>
    JSON.stringify([service, field, from.text, to.text, from.source, to.source]),
  );
  return [...alike.values()].flatMap((same) => {
    const byCaller = [...Map.groupBy(same, ({ caller }) => caller)].map(([caller, differences]) =>
      ofCaller(compared, caller, differences),
    );
    const together = Map.groupBy(byCaller, ({ all, differences }) => (all ? "all" : namesOf(differences)));
    return [...together.values()].flatMap(fold);
  });
}

function ofCaller(compared: readonly CallName[], caller: string, differences: readonly Difference[]): OfCaller {
  const count = compared.filter((call) => call.caller === caller && call.service === differences[0]?.service).length;
  return { caller, differences, all: differences.length === count };
}

function fold(callers: readonly OfCaller[]): FoldedDifference[] {
  const differences = callers.flatMap((one) => one.differences);
  const [first] = differences;
  if (first === undefined) return [];
  const all = callers.every((one) => one.all) && differences.length > 1;
  return [
    {
      callers: callers.map(({ caller }) => caller),
      service: first.service,
      methods: all ? `all ${differences.length} calls` : namesOf(callers[0]?.differences ?? []),
      first,
    },
  ];
}

const namesOf = (differences: readonly Difference[]): string => differences.map(({ method }) => method).join(", ");
