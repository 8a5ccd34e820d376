// `mesh verify`
import { writeFile } from "node:fs/promises";
import { installEnvoy } from "@ordermesh/engines/envoy";
import { Command, InvalidArgumentError } from "commander";
import { type GlobalOptions, openMesh } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";
import { envoyBeds } from "../verify/bed/envoy-bed.ts";
import { markdownReport } from "../verify/report/markdown.ts";
import { progressPrinter } from "../verify/report/progress.ts";
import { terminalReport } from "../verify/report/terminal.ts";
import { select } from "../verify/selection.ts";
import { usualTimeLapse, verify } from "../verify/verify.ts";

interface VerifyCommandOptions extends GlobalOptions {
  readonly only?: readonly string[];
  readonly report?: string;
  readonly measured?: string;
  readonly timeLapse: number;
}

/** What a shell expects of a program that Ctrl-C ended. */
const interrupted = 130;

export const verifyCommand = new Command("verify")
  .description(
    "prove the policies on real Envoys: faults are put in, and what clients saw is held against the policies",
  )
  .option("--only <names...>", "checks and scenarios to run; `checks` or `scenarios` for all of one kind")
  .option("--report <file>", "write a report in Markdown, for a review")
  .option("--measured <file>", "write what the scenarios led to as JSON, for the calibration of the simulator")
  .option("--time-lapse <factor>", "divide the times of ejections by it in checks", factor, usualTimeLapse)
  .addHelpText(
    "after",
    `${examplesText([
      ["verify", "all checks and scenarios: about three minutes"],
      ["verify --only retries once", "two checks"],
      ["verify --only scenarios --report report.md", "all scenarios, with a report"],
      ["verify --json", "everything that was seen, for programs"],
    ])}\n\nExit code 1: a claim did not hold. Exit code 3: Envoy cannot be had on this machine; the message says why.`,
  )
  .action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<VerifyCommandOptions>();
    const mesh = await openMesh(options);
    const selection = await select(mesh.folder, options.only);
    const installation = await installEnvoy({ onProgress: (text) => console.error(text) });
    const beds = envoyBeds({ installation });
    let isInterrupted = false;
    const interrupt = (): void => {
      isInterrupted = true;
      console.error("interrupted: stopping the proxies");
      beds.stopAll().then(
        () => process.exit(interrupted),
        () => process.exit(interrupted),
      );
    };
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    const report = await verify({
      mesh,
      startBed: beds.start,
      proxy: `Envoy ${installation.version}`,
      selection,
      timeLapse: options.timeLapse,
      onProgress: progressPrinter(),
    });
    // What came of a run whose proxies were taken away says nothing; the process ends when they have.
    if (isInterrupted) return;
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    if (options.report !== undefined) await writeFile(options.report, markdownReport(report));
    if (options.measured !== undefined) {
      const runs = report.scenarios.map(({ scenario, outcome }) => ({ scenario, outcome }));
      await writeFile(options.measured, `${JSON.stringify(runs, undefined, 2)}\n`);
    }
    printResult(options.json, report, () => terminalReport(report));
    if (!report.passed) process.exitCode = exitCodes.found;
  });

function factor(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 100) return value;
  throw new InvalidArgumentError("allowed: a number from 1 to 100");
}
