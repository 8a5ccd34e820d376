// What the mesh costs: the same load on a stack with sidecars and on one without, in turns, so that a slow minute of the
// machine meets both.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, startStack } from "@ordermesh/stack";
import { type LoadOptions, runLoad } from "../load/load.ts";
import type { LoadReport } from "../load/report.ts";
import type { Progress } from "../progress.ts";
import { releaseOnSignal } from "../release-on-signal.ts";
import { buildMeshCost, type MeshCost } from "./mesh-cost.ts";

export interface MeshBenchOptions {
  readonly rate: number;
  readonly clients: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly progress: Progress;
}

const firstWarmupSeconds = 10;
const drainSeconds = 60;

/** Starts both stacks on folders of their own, and leaves nothing of them. */
export async function runMeshBench(options: MeshBenchOptions): Promise<MeshCost> {
  const { progress, rounds } = options;
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-bench-mesh-"));
  const stacks: Stack[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(stacks.map((stack) => stack.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const forget = releaseOnSignal({ release });
  try {
    const open = async (name: string, mesh: boolean): Promise<Stack> => {
      progress.show(`starting the stack ${name}`);
      const stack = await startStack({ dataDir: join(folder, name), port: 0, mesh });
      stacks.push(stack);
      return stack;
    };
    const plain = await open("without", false);
    const meshed = await open("with", true);
    const [without, withMesh]: [LoadReport[], LoadReport[]] = [[], []];
    for (let round = 1; round <= rounds; round += 1) {
      progress.say(`round ${round} of ${rounds}`);
      without.push(await runLoad(loadOn(plain, options, round)));
      withMesh.push(await runLoad(loadOn(meshed, options, round)));
    }
    progress.clear();
    return buildMeshCost({ ...options, without, withMesh });
  } finally {
    forget();
    await release();
  }
}

function loadOn(stack: Stack, options: MeshBenchOptions, round: number): LoadOptions {
  return {
    stack: stack.state(),
    clients: options.clients,
    seconds: options.seconds,
    rate: options.rate,
    lines: 2,
    warmupSeconds: round === 1 ? firstWarmupSeconds : 2,
    baselineSeconds: 1,
    baselineConnections: 8,
    drainSeconds,
    progress: options.progress,
  };
}
