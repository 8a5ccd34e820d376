// Completion for shells: commands and options by themselves, and the names that the mesh folder holds.
import { glob } from "node:fs/promises";
import { basename } from "node:path";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { type GlobalOptions, openMesh } from "../context.ts";
import type { Mesh } from "../model/mesh.ts";
import { workloadsOf } from "../model/mesh.ts";

interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** By the name of the argument or option that takes them, in lower case. */
type Candidates = ReadonlyMap<string, readonly Candidate[]>;

/**
 * Adds `completion <shell>`, which prints the script, and the hidden `complete`, which that script calls.
 *
 * @param words what was typed after the name of the program
 */
export async function addCompletion(program: Command, words: readonly string[]): Promise<void> {
  const tree = tab(program, { completionCommandName: "completion" });
  if (words[0] !== "complete") return;
  const candidates = await candidatesFor(words);
  const offer = (name: string) => {
    const found = candidates.get(name.toLowerCase());
    return (
      found &&
      ((complete: (value: string, about: string) => void) => {
        for (const { value, about } of found) complete(value, about);
      })
    );
  };
  for (const option of tree.options.values()) option.handler = offer(option.value) ?? option.handler ?? (() => {});
  for (const command of tree.commands.values()) {
    for (const argument of command.arguments.values()) {
      const handler = argument.handler ?? offer(argument.name);
      if (handler !== undefined) argument.handler = handler;
    }
    for (const option of command.options.values()) {
      const handler = option.isBoolean === true ? undefined : offer(option.value);
      if (handler !== undefined) option.handler = handler;
    }
    // Options of the program are taken after a command too.
    for (const [name, option] of tree.options) if (!command.options.has(name)) command.options.set(name, option);
  }
}

async function candidatesFor(words: readonly string[]): Promise<Candidates> {
  const given = (option: string): string | undefined => {
    const at = words.indexOf(option);
    return words[at + 1] !== undefined && at >= 0 ? words[at + 1] : undefined;
  };
  const dir = given("--dir");
  const options: GlobalOptions = { json: false, ...(dir !== undefined && { dir }) };
  let mesh: Mesh;
  try {
    mesh = await openMesh(options);
  } catch {
    // Nobody can be told of a fault while they type; the command itself will name it.
    return new Map();
  }
  const environments = mesh.settings.value.environments.map((value) => ({ value, about: "environment" }));
  const workloads = workloadsOf(mesh).map((value) => ({ value, about: "workload" }));
  const services = [...mesh.catalog.keys()].map((value) => ({ value, about: "service" }));
  const scenarios = await Array.fromAsync(glob("scenarios/*.yaml", { cwd: mesh.folder }));
  return new Map([
    ...["env", "env1", "env2", "environment"].map((name) => [name, environments] as const),
    ...["caller", "workload"].map((name) => [name, workloads] as const),
    ["service", services],
    ["method", methodsOf(mesh)],
    ["scenario", scenarios.sort().map((file) => ({ value: basename(file, ".yaml"), about: file }))],
  ]);
}

/** A method by its name alone, where only one service has it. */
function methodsOf({ catalog }: Mesh): Candidate[] {
  const methods = [...catalog.values()].flatMap((service) => service.methods);
  const count = (name: string): number => methods.filter((method) => method.name === name).length;
  return methods.map(({ name, service }) =>
    count(name) === 1 ? { value: name, about: service } : { value: `${service}/${name}`, about: "method" },
  );
}
