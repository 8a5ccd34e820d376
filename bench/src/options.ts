// Options of the command line, read and checked.
import { UserError } from "@ordermesh/stack";
import { InvalidArgumentError, Option } from "commander";
import type { StackChoice } from "./attach.ts";

/** Where a stack keeps its data, and stack.json with it. One with brokers has its own, as its events are elsewhere. */
const dataFolders = { embedded: ".ordermesh", engines: ".ordermesh-engines" } as const;

export const dataOption = (): Option =>
  new Option("--data <folder>", "data folder of the stack").default(dataFolders.embedded);
export const jsonOption = (): Option => new Option("--json", "print JSON instead of tables").default(false);

/** The options of a command that starts a stack when none runs. */
export const stackOptions = (): Option[] => [
  new Option(
    "--data <folder>",
    `data folder of the stack (default: "${dataFolders.embedded}", "${dataFolders.engines}" with --engines)`,
  ),
  new Option("--engines", "with the events on Kafka brokers of the stack").default(false),
  brokersOption("number of brokers, needs --engines (default: 1)"),
  shardsOption(),
  new Option("--mesh", "with a sidecar beside every process").default(false),
];

export const brokersOption = (description: string): Option =>
  new Option("--brokers <1|3>", description).argParser(parseBrokers);

export const shardsOption = (): Option =>
  new Option("--shards <1-8>", "databases of the order service (default: as before, 1 for a new stack)").argParser(
    numberFrom(1, 8),
  );

export interface StackCommand {
  readonly data?: string;
  readonly engines: boolean;
  readonly brokers?: 1 | 3;
  readonly shards?: number;
  readonly mesh: boolean;
}

/**
 * The stack that the options ask for.
 * @throws UserError OPTIONS_CONFLICT for brokers without --engines
 */
export function chosenStack({ data, engines, brokers, shards, mesh }: StackCommand): StackChoice {
  if (!engines && brokers !== undefined) {
    throw new UserError("OPTIONS_CONFLICT", `--brokers: ${brokers} given without --engines; give both, or neither`, {
      exitCode: 2,
    });
  }
  const dataDir = data ?? (engines ? dataFolders.engines : dataFolders.embedded);
  return {
    dataDir,
    mesh,
    ...(shards === undefined ? {} : { shards }),
    ...(engines ? { brokers: brokers ?? 1 } : {}),
  };
}

function parseBrokers(text: string): 1 | 3 {
  if (text !== "1" && text !== "3") throw new InvalidArgumentError("Give 1 or 3.");
  return text === "1" ? 1 : 3;
}

/** A parser for numbers from `least` to `most`; `whole` ones unless said otherwise. */
export function numberFrom(least: number, most: number, { whole = true } = {}): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`Give a ${whole ? "whole number" : "number"} from ${least} to ${most}.`);
    }
    return value;
  };
}
