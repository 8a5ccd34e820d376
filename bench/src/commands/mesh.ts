// `bench mesh`
import { formatMeshCost } from "../mesh/print-report.ts";
import { runMeshBench } from "../mesh/run-mesh-bench.ts";
import { createProgress } from "../progress.ts";
import { print } from "./print.ts";

export interface MeshCommand {
  readonly json: boolean;
  readonly shards?: number;
  readonly rate: number;
  readonly clients: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** Returns the exit code. */
export async function mesh(command: MeshCommand): Promise<number> {
  const report = await runMeshBench({ ...command, progress: createProgress() });
  print(command.json, report, formatMeshCost);
  return report.errors === 0 ? 0 : 1;
}
