import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { type GlobalOptions, openMesh } from "../context.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";
import { findScenario } from "../scenario/find-scenario.ts";
import { openOther } from "../simulate/other-policy.ts";
import { drawOutcomes } from "../simulate/outcome-chart.ts";
import { ejectionTable, figuresOf, outcomeTable } from "../simulate/outcome-table.ts";
import { simulateUnder } from "../simulate/simulate-under.ts";

interface SimulateOptions extends GlobalOptions {
  readonly against?: string;
  readonly seed?: number;
  readonly svg?: string;
}

export const simulateCommand = new Command("simulate")
  .description("Plays a scenario under the policies, in a model of proxies and hosts: the same seed, the same figures.")
  .argument("<scenario>", "name of a file below scenarios/, or a path that ends in .yaml")
  .option("--against <folder|env>", "a second policy to play it under: another environment, or another mesh folder")
  .option("--seed <number>", "another course of chance; the scenario's own where nothing is said", wholeNumber)
  .option("--svg <file>", "draw it over time into this file")
  .addHelpText(
    "after",
    examplesText([
      ["simulate failing-host", "what clients see when one of two hosts fails"],
      ["simulate zone-loss --env production --against staging", "two environments side by side"],
      ["simulate overload --against ../tried --svg overload.svg", "policies of another folder, and a chart"],
    ]),
  )
  .action(async (given: string, _: unknown, command: Command) => {
    const options = command.optsWithGlobals<SimulateOptions>();
    const mesh = await openMesh(options);
    const { name, scenario } = await findScenario(mesh.folder, given);
    const meshes = options.against === undefined ? [mesh] : [mesh, await openOther(mesh, options.against)];
    const outcomes = meshes.map((each) => simulateUnder(each, scenario, options.seed));
    const labelled = outcomes.map((outcome, index) => ({
      label: labelOf(meshes[index]?.environment, index, options),
      outcome,
    }));
    if (options.svg !== undefined) await writeFile(options.svg, drawOutcomes(name, scenario, labelled));
    const found = {
      scenario: name,
      seed: options.seed ?? scenario.seed,
      policies: labelled.map(({ label, outcome }) => ({ label, figures: figuresOf(outcome), outcome })),
    };
    printResult(options.json, found, () =>
      [
        `${name}: ${scenario.about.trim()}`,
        "",
        outcomeTable(labelled),
        "",
        labelled.map((each) => ejectionTable(each)).join("\n\n"),
        ...(options.svg === undefined ? [] : ["", `chart: ${options.svg}`]),
      ].join("\n"),
    );
  });

function labelOf(environment: string | undefined, index: number, { against }: SimulateOptions): string {
  return index === 1 && against !== undefined ? against : (environment ?? "");
}

function wholeNumber(value: string): number {
  if (!/^-?\d{1,9}$/.test(value)) throw new InvalidArgumentError("allowed: a whole number of at most nine digits");
  return Number(value);
}
