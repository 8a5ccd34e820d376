// `bench audit`
import { attach } from "../attach.ts";
import { runAudit } from "../audit/audit.ts";
import { formatAudit } from "../audit/print-report.ts";
import { print } from "./print.ts";

export interface AuditCommand {
  readonly data: string;
  readonly json: boolean;
  readonly settled: boolean;
  readonly waitSeconds: number;
  readonly inFlightSeconds: number;
  readonly outboxSeconds: number;
  readonly parkedSeconds: number;
}

/** Returns the exit code. */
export async function audit(command: AuditCommand): Promise<number> {
  const { databases, eventLogUrl } = await (await attach(command.data)).state();
  const report = await runAudit({
    databases,
    eventLogUrl,
    settled: command.settled,
    waitMs: command.waitSeconds * 1000,
    inFlightMs: command.inFlightSeconds * 1000,
    outboxAgeMs: command.outboxSeconds * 1000,
    parkedAgeMs: command.parkedSeconds * 1000,
  });
  print(command.json, report, formatAudit);
  return report.clean ? 0 : 1;
}
