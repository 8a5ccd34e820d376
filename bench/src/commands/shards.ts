// `bench shards`
import { createProgress } from "../progress.ts";
import { formatShardsCost } from "../shards/print-report.ts";
import { runShardsBench } from "../shards/run-shards-bench.ts";
import { print } from "./print.ts";

export interface ShardsCommand {
  readonly json: boolean;
  readonly shards: number;
  readonly rate: number;
  readonly clients: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** Returns the exit code. */
export async function shards(command: ShardsCommand): Promise<number> {
  const report = await runShardsBench({ ...command, progress: createProgress() });
  print(command.json, report, formatShardsCost);
  return report.errors === 0 ? 0 : 1;
}
