// What the mesh costs, for people.
import Table from "cli-table3";
import type { MeshCost, MeshFigures } from "./mesh-cost.ts";

const rows: readonly (readonly [title: string, figure: keyof MeshFigures])[] = [
  ["CPU-ms per completed order: services and databases", "servicesCpuMs"],
  ["CPU-ms per completed order: sidecars", "sidecarsCpuMs"],
  ["CPU-ms per completed order: all", "allCpuMs"],
  ["accepted, p50 ms", "acceptP50"],
  ["accepted, p99 ms", "acceptP99"],
  ["final, p50 ms", "finalP50"],
  ["memory of the sidecars, MB", "sidecarsMb"],
];

export function formatMeshCost(report: MeshCost): string {
  const { without, withMesh, rate, rounds } = report;
  const head = ["", "without", "with the mesh", "difference"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [title, figure] of rows) {
    const difference = Number((withMesh[figure] - without[figure]).toFixed(2));
    table.push([title, without[figure], withMesh[figure], difference > 0 ? `+${difference}` : difference]);
  }
  return [
    `At ${rate} orders/s, medians of ${rounds} rounds in turns; CPU of everything is ${report.cpuRatio} times as much.`,
    table.toString(),
    ...(report.errors === 0 ? [] : [`${report.errors} orders failed: the figures are not to be trusted.`]),
  ].join("\n");
}
