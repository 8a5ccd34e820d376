// The amplification of a mesh held against the limit that mesh.yaml sets.
import { UsageError } from "../exit-codes.ts";
import type { Mesh } from "../model/mesh.ts";
import { type Amplification, type AmplificationReport, amplify } from "./amplify.ts";
import { callsDuring, edgeCalls } from "./call-graph.ts";
import { type Cut, findCuts } from "./cuts.ts";

/** A worst case above the limit, and which retries to give up. */
export interface Exceeded extends Amplification {
  readonly limit: number;
  readonly cuts: readonly Cut[];
}

export interface CheckedAmplification extends AmplificationReport {
  readonly environment: string;
  readonly limit: { readonly value: number; readonly file: string; readonly line: number };
  readonly above: readonly Exceeded[];
  /** Methods of which `during` says nothing though their workload may call others. */
  readonly assumed: readonly {
    readonly workload: string;
    readonly service: string;
    readonly methods: readonly string[];
  }[];
}

/** @throws UsageError when no caller is at the edge */
export function checkAmplification(mesh: Mesh): CheckedAmplification {
  const edges = edgeCalls(mesh);
  if (edges.length === 0) throw new UsageError("callers.yaml: no caller with `edge: true` may call anything");
  const report = amplify(mesh, edges);
  const { value } = mesh.settings;
  const { file, line } = mesh.settings.at(["limits", "amplification"]);
  const limit = { value: value.limits.amplification, file, line };
  const above = report.amplifications
    .filter(({ worst }) => worst > limit.value)
    .map((amplification) => ({
      ...amplification,
      limit: limit.value,
      cuts: findCuts(mesh, amplification, limit.value),
    }));
  return { ...report, environment: mesh.environment, limit, above, assumed: assumedIn(mesh, report) };
}

function assumedIn(mesh: Mesh, { amplifications }: AmplificationReport): CheckedAmplification["assumed"] {
  const served = new Set(
    amplifications.flatMap(({ paths }) =>
      paths.flatMap(({ calls }) => calls.map(({ service, method }) => `${service}/${method}`)),
    ),
  );
  return [...mesh.services.values()].flatMap(({ policy }) => {
    const { service, workload } = policy.value;
    const methods = (mesh.catalog.get(service)?.methods ?? [])
      .map(({ name }) => name)
      .filter((name) => served.has(`${service}/${name}`))
      .filter((name) => callsDuring(mesh, service, name).some(({ assumed }) => assumed));
    return methods.length === 0 ? [] : [{ workload, service, methods }];
  });
}
