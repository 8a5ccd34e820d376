// `bench faults` and `bench faults-kafka`
import { attachOrStart } from "../attach.ts";
import { runFaults } from "../faults/faults.ts";
import { formatKafkaFaults } from "../faults/kafka/print-report.ts";
import { runKafkaFaults } from "../faults/kafka/run-kafka-faults.ts";
import { formatFaults } from "../faults/print-report.ts";
import { issueCustomerTokens } from "../load/customers.ts";
import { chosenStack, type StackCommand } from "../options.ts";
import { createProgress } from "../progress.ts";
import { releaseOnSignal } from "../release-on-signal.ts";
import { print } from "./print.ts";

export interface FaultsCommand extends StackCommand {
  readonly json: boolean;
  readonly minutes: number;
  readonly short: boolean;
  readonly rate: number;
}

const finalTimeoutMs = 75_000;

/** Returns the exit code. */
export async function faults(command: FaultsCommand): Promise<number> {
  const progress = createProgress();
  const attached = await attachOrStart(chosenStack(command), progress.say);
  const forget = releaseOnSignal(attached);
  try {
    const report = await runFaults({
      state: attached.state,
      tokens: await issueCustomerTokens(attached.dataDir),
      minutes: command.short ? 0 : command.minutes,
      steadySeconds: command.short ? 2 : 5,
      perSecond: command.rate,
      recoverTimeoutMs: 30_000,
      finalTimeoutMs,
      progress,
    });
    print(command.json, report, formatFaults);
    return report.passed ? 0 : 1;
  } finally {
    forget();
    await attached.release();
  }
}

export interface KafkaFaultsCommand {
  readonly data?: string;
  readonly brokers: 1 | 3;
  readonly shards?: number;
  readonly json: boolean;
  readonly rate: number;
  readonly steadySeconds: number;
  readonly awaySeconds: number;
  readonly stopSeconds: number;
}

/** Returns the exit code. */
export async function faultsKafka(command: KafkaFaultsCommand): Promise<number> {
  const progress = createProgress();
  const attached = await attachOrStart(chosenStack({ ...command, engines: true, mesh: false }), progress.say);
  const forget = releaseOnSignal(attached);
  try {
    const report = await runKafkaFaults({
      state: attached.state,
      tokens: await issueCustomerTokens(attached.dataDir),
      perSecond: command.rate,
      steadyMs: command.steadySeconds * 1000,
      awayMs: command.awaySeconds * 1000,
      stoppedMs: command.stopSeconds * 1000,
      consumersToo: true,
      recoverTimeoutMs: 90_000,
      finalTimeoutMs,
      progress,
    });
    print(command.json, report, formatKafkaFaults);
    return report.passed ? 0 : 1;
  } finally {
    forget();
    await attached.release();
  }
}
