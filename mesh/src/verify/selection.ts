// Which checks and scenarios to run.
import { sep } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { findScenario, listScenarios, type NamedScenario } from "../scenario/find-scenario.ts";
import type { Check } from "./check.ts";
import { checks } from "./checks/registry.ts";

export interface Selection {
  readonly checks: readonly Check[];
  readonly scenarios: readonly NamedScenario[];
}

/**
 * @param only names of checks and scenarios, `checks` and `scenarios` for all of them; everything where undefined
 * @throws UsageError for a name that there is not, with those that there are; MeshFilesError for a faulty scenario
 */
export async function select(meshFolder: string, only: readonly string[] | undefined): Promise<Selection> {
  const names = await drivable(meshFolder);
  const wanted = (name: string, group: string): boolean =>
    only === undefined || only.includes(name) || only.includes(group);
  const known = ["checks", "scenarios", ...checks.map(({ name }) => name), ...names];
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--only ${unknown}: there is no such check or scenario; there are: ${known.join(", ")}`);
  }
  const chosen = names.filter((name) => wanted(name, "scenarios"));
  return {
    checks: checks.filter(({ name }) => wanted(name, "checks")),
    scenarios: await Promise.all(chosen.map((name) => findScenario(meshFolder, name))),
  };
}

/** Scenarios under `large/` are for the simulator alone. */
async function drivable(meshFolder: string): Promise<string[]> {
  const scenarios = await listScenarios(meshFolder);
  return [...scenarios].filter(([, path]) => !path.split(sep).includes("large")).map(([name]) => name);
}
