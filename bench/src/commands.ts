// What the three commands do once their options are read. Each returns the exit code.
import { attach, attachOrStart } from "./attach.ts";
import { runAudit } from "./audit/audit.ts";
import { formatAudit } from "./audit/print-report.ts";
import { runFaults } from "./faults/faults.ts";
import { formatFaults } from "./faults/print-report.ts";
import { findSustainable } from "./load/find-sustainable.ts";
import { runLoad } from "./load/load.ts";
import { formatLoad } from "./load/report.ts";
import { createProgress } from "./progress.ts";
import { releaseOnSignal } from "./release-on-signal.ts";

interface CommonOptions {
  readonly data: string;
  readonly json: boolean;
}

export interface LoadCommand extends CommonOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly lines: number;
  readonly rate?: number;
  readonly warmup: number;
  readonly baselineSeconds: number;
  readonly baselineConnections: number;
  readonly drainSeconds: number;
  readonly findSustainable: boolean;
}

export async function load(command: LoadCommand): Promise<number> {
  const progress = createProgress();
  const attached = await attachOrStart(command.data, progress.say);
  const forget = releaseOnSignal(attached);
  try {
    const options = { ...command, warmupSeconds: command.warmup, stack: await attached.state(), progress };
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

export interface AuditCommand extends CommonOptions {
  readonly settled: boolean;
  readonly waitSeconds: number;
  readonly inFlightSeconds: number;
  readonly outboxSeconds: number;
}

export async function audit(command: AuditCommand): Promise<number> {
  const { databases } = await (await attach(command.data)).state();
  const report = await runAudit({
    databases,
    settled: command.settled,
    waitMs: command.waitSeconds * 1000,
    inFlightMs: command.inFlightSeconds * 1000,
    outboxAgeMs: command.outboxSeconds * 1000,
  });
  print(command.json, report, formatAudit);
  return report.clean ? 0 : 1;
}

export interface FaultsCommand extends CommonOptions {
  readonly minutes: number;
  readonly short: boolean;
  readonly rate: number;
}

export async function faults(command: FaultsCommand): Promise<number> {
  const progress = createProgress();
  const attached = await attachOrStart(command.data, progress.say);
  const forget = releaseOnSignal(attached);
  try {
    const report = await runFaults({
      state: attached.state,
      minutes: command.short ? 0 : command.minutes,
      steadySeconds: command.short ? 2 : 5,
      perSecond: command.rate,
      recoverTimeoutMs: 30_000,
      finalTimeoutMs: 75_000,
      progress,
    });
    print(command.json, report, formatFaults);
    return report.passed ? 0 : 1;
  } finally {
    forget();
    await attached.release();
  }
}

function print<Report>(json: boolean, report: Report, format: (report: Report) => string): void {
  process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : format(report)}\n`);
}
