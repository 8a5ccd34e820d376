// Plays a scenario under the policies of a mesh.
import { UsageError } from "../exit-codes.ts";
import { type EffectiveValues, valuesOf } from "../model/effective.ts";
import type { Mesh } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import type { Scenario } from "../scenario/scenario-file.ts";
import { type SimulatedOutcome, simulate } from "./simulate.ts";

export function simulateUnder(mesh: Mesh, scenario: Scenario, seed?: number): SimulatedOutcome {
  return simulate(scenario, valuesFor(mesh, scenario), seed);
}

/**
 * What is in effect for the call of a scenario, without its time-lapse.
 *
 * @throws UsageError when the protos do not have the method
 */
export function valuesFor(mesh: Mesh, scenario: Scenario): EffectiveValues {
  const { caller, service, method } = scenario.call;
  const methods = mesh.catalog.get(service)?.methods.map(({ name }) => name);
  if (methods === undefined) {
    throw new UsageError(`call.service: there is no ${service}; allowed: ${[...mesh.catalog.keys()].join(", ")}`);
  }
  if (!methods.includes(method)) {
    throw new UsageError(`call.method: ${service} has no ${method}; allowed: ${methods.join(", ")}`);
  }
  return valuesOf(resolveEffective(mesh, caller, service, method).effective);
}
