// What the mesh costs: the same load on a stack with sidecars and on one without.
import { reportsOf, runInTurns } from "../compare/run-in-turns.ts";
import type { Progress } from "../progress.ts";
import { buildMeshCost, type MeshCost } from "./mesh-cost.ts";

export interface MeshBenchOptions {
  readonly rate: number;
  readonly clients: number;
  readonly seconds: number;
  readonly rounds: number;
  /** Databases of the order service in both; 1 when absent. */
  readonly shards?: number | undefined;
  readonly progress: Progress;
}

/** Starts both stacks on folders of their own, and leaves nothing of them. */
export async function runMeshBench({ shards = 1, ...options }: MeshBenchOptions): Promise<MeshCost> {
  const turns = await runInTurns({
    ...options,
    contenders: { without: { mesh: false, shards }, with: { mesh: true, shards } },
    loads: { steady: options.rate },
  });
  return buildMeshCost({
    ...options,
    without: reportsOf(turns, "without", "steady"),
    withMesh: reportsOf(turns, "with", "steady"),
  });
}
