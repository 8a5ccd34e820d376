// `bench fill`
import { UserError } from "@ordermesh/stack";
import { attachOrStart } from "../attach.ts";
import { formatFill } from "../fill/print-report.ts";
import { runFill } from "../fill/run-fill.ts";
import { chosenStack, type StackCommand } from "../options.ts";
import { createProgress } from "../progress.ts";
import { releaseOnSignal } from "../release-on-signal.ts";
import { print } from "./print.ts";

export interface FillCommand extends StackCommand {
  readonly json: boolean;
  readonly orders: number;
  readonly yesThisIsAScratchStack: boolean;
}

/** Returns the exit code. */
export async function fill(command: FillCommand): Promise<number> {
  const choice = chosenStack(command);
  if (!command.yesThisIsAScratchStack) {
    throw new UserError(
      "NOT_CONFIRMED",
      `this fills the order tables of the stack on ${choice.dataDir} for good with orders that have neither payment nor ` +
        "stock nor events, so that its audit is never clean again; give --yes-this-is-a-scratch-stack if it is one",
      { exitCode: 2 },
    );
  }
  const progress = createProgress();
  const attached = await attachOrStart(choice, progress.say);
  const forget = releaseOnSignal(attached);
  try {
    const { databases } = await attached.state();
    const report = await runFill({ databases, dataDir: choice.dataDir, orders: command.orders, progress });
    print(command.json, report, formatFill);
    return 0;
  } finally {
    forget();
    await attached.release();
  }
}
