// `bench plans`
import { attach } from "../attach.ts";
import { formatPlans } from "../plans/print-report.ts";
import { runPlans } from "../plans/run-plans.ts";
import { print } from "./print.ts";

export interface PlansCommand {
  readonly data: string;
  readonly json: boolean;
}

/** Returns the exit code. */
export async function plans(command: PlansCommand): Promise<number> {
  const { databases } = await (await attach(command.data)).state();
  print(command.json, await runPlans(databases.shards), formatPlans);
  return 0;
}
