// Options of the command line, read and checked.
import { InvalidArgumentError, Option } from "commander";

/** Where the stack keeps its data, and stack.json with it. */
export const dataOption = (): Option => new Option("--data <folder>", "data folder of the stack").default(".ordermesh");
export const jsonOption = (): Option => new Option("--json", "print JSON instead of tables").default(false);

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
