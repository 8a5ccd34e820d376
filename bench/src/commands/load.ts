// `bench load`
import { attachOrStart } from "../attach.ts";
import { issueCustomerTokens } from "../load/customers.ts";
import { findSustainable } from "../load/find-sustainable.ts";
import { runLoad } from "../load/load.ts";
import { formatLoad } from "../load/print-report.ts";
import { chosenStack, type StackCommand } from "../options.ts";
import { createProgress } from "../progress.ts";
import { releaseOnSignal } from "../release-on-signal.ts";
import { print } from "./print.ts";

export interface LoadCommand extends StackCommand {
  readonly json: boolean;
  readonly clients: number;
  readonly customers: number;
  readonly seconds: number;
  readonly lines: number;
  readonly rate?: number;
  readonly warmup: number;
  readonly baselineSeconds: number;
  readonly baselineConnections: number;
  readonly drainSeconds: number;
  readonly findSustainable: boolean;
}

/** Returns the exit code. */
export async function load(command: LoadCommand): Promise<number> {
  const progress = createProgress();
  const attached = await attachOrStart(chosenStack(command), progress.say);
  const forget = releaseOnSignal(attached);
  try {
    const tokens = await issueCustomerTokens(attached.dataDir, command.customers);
    const options = { ...command, tokens, warmupSeconds: command.warmup, stack: await attached.state(), progress };
    const report = await runLoad(options);
    if (command.findSustainable) {
      const startRate = Math.max(report.completedPerSecondWithDrain, 1);
      const found = await findSustainable({ load: options, startRate, steps: 6, stepSeconds: 4 });
      report.sustainablePerSecond = found ?? null;
    }
    print(command.json, report, formatLoad);
    return Object.keys(report.errors).length === 0 && report.drain.empty ? 0 : 1;
  } finally {
    forget();
    await attached.release();
  }
}
