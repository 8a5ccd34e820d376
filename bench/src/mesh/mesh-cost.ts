// The figures of a stack with sidecars beside those of one without.
import { failedOrders, median } from "../compare/run-in-turns.ts";
import type { LoadReport } from "../load/report.ts";

export interface MeshFigures {
  /** CPU milliseconds per completed order. */
  readonly servicesCpuMs: number;
  readonly sidecarsCpuMs: number;
  readonly allCpuMs: number;
  /** Milliseconds. */
  readonly acceptP50: number;
  readonly acceptP99: number;
  readonly finalP50: number;
  /** MB of the sidecars. */
  readonly sidecarsMb: number;
}

export interface MeshCost {
  readonly rate: number;
  readonly rounds: number;
  /** Medians over the rounds. */
  readonly without: MeshFigures;
  readonly withMesh: MeshFigures;
  /** CPU per completed order of everything, with sidecars to without. */
  readonly cpuRatio: number;
  /** Orders that were refused or failed, in all rounds. */
  readonly errors: number;
}

export interface MeshRounds {
  readonly rate: number;
  readonly rounds: number;
  readonly without: readonly LoadReport[];
  readonly withMesh: readonly LoadReport[];
}

export function buildMeshCost({ rate, rounds, without, withMesh }: MeshRounds): MeshCost {
  const [before, after] = [figuresOf(without), figuresOf(withMesh)];
  return {
    rate,
    rounds,
    without: before,
    withMesh: after,
    cpuRatio: Number((after.allCpuMs / before.allCpuMs).toFixed(2)),
    errors: failedOrders([...without, ...withMesh]),
  };
}

function figuresOf(reports: readonly LoadReport[]): MeshFigures {
  const of = (read: (report: LoadReport) => number): number => median(reports.map(read));
  return {
    servicesCpuMs: of(({ cpuMsPerCompletedOrder }) => cpuMsPerCompletedOrder.total),
    sidecarsCpuMs: of(({ cpuMsPerCompletedOrder }) => cpuMsPerCompletedOrder.sidecars),
    allCpuMs: of(({ cpuMsPerCompletedOrder }) => cpuMsPerCompletedOrder.all),
    acceptP50: of(({ acceptLatencyMs }) => acceptLatencyMs.p50),
    acceptP99: of(({ acceptLatencyMs }) => acceptLatencyMs.p99),
    finalP50: of(({ timeToFinalMs }) => timeToFinalMs?.p50 ?? Number.NaN),
    sidecarsMb: of(({ memoryMb }) => memoryMb.sidecars),
  };
}
