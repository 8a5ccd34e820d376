// Faults of brokers and consumers, one after the other under a steady load, and then the proof that nothing was lost.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { openEventLog } from "@ordermesh/runtime/event-log";
import { createLogger } from "@ordermesh/runtime/logging";
import { consumerGroups, type ServiceName, type StackState, UserError } from "@ordermesh/stack";
import { brokerCount } from "../../attach.ts";
import { openBacklogReader } from "../../measuring/backlog.ts";
import type { Progress } from "../../progress.ts";
import { type Conclusion, conclude, lossesOf } from "../conclude.ts";
import { type SteadyLoad, startSteadyLoad } from "../steady-load.ts";
import { awaitRecovery, observeNormal } from "./await-recovery.ts";
import { type Disturbance, type Scenario, scenariosFor } from "./scenarios.ts";

export interface KafkaFaultOptions {
  /** What stack.json says at the moment; read again and again, because processes come back with new ids. */
  readonly state: () => Promise<StackState>;
  /** Those of the customers who order in turns; many, so that every shard has work. */
  readonly tokens: readonly string[];
  readonly perSecond: number;
  /** Load before each fault, in which the normal backlog is observed. */
  readonly steadyMs: number;
  /** How long brokers are kept away, and a consumer is stopped. */
  readonly awayMs: number;
  readonly stoppedMs: number;
  /** Whether consumers are disturbed after the brokers. */
  readonly consumersToo: boolean;
  /** How long the stack may take to recover after what was away is back, and orders to become final at the end. */
  readonly recoverTimeoutMs: number;
  readonly finalTimeoutMs: number;
  readonly progress: Progress;
}

export interface ScenarioResult {
  readonly scenario: string;
  /** What was still wrong when the time was up; null when the stack recovered. */
  readonly wrong: string | null;
  /** From the kill or stop until all is ready, caught up and the orders from before are final. */
  readonly recoverMs: number;
  /** The same from the moment when what was away was back. */
  readonly afterReturnMs: number;
  readonly slowestAnswerMs: number;
  readonly retriedAttempts: number;
}

export interface KafkaFaultReport extends Conclusion {
  readonly passed: boolean;
  readonly failures: readonly string[];
  readonly brokers: number;
  readonly perSecond: number;
  readonly scenarios: readonly ScenarioResult[];
}

export async function runKafkaFaults(options: KafkaFaultOptions): Promise<KafkaFaultReport> {
  const { state, tokens, perSecond, progress } = options;
  const { gatewayUrl, processes, ...rest } = await state();
  const brokers = brokerCount(rest);
  if (!processes.some(({ service }) => service === "kafka"))
    throw new UserError(
      "NO_BROKERS",
      "the stack runs no Kafka brokers; start one that does with: npm start -- --engines",
    );
  const runId = `faults-${randomBytes(6).toString("hex")}`;
  const load = startSteadyLoad({ origin: gatewayUrl, tokens, perSecond, runId });
  const scenarios: ScenarioResult[] = [];
  try {
    for (const scenario of scenariosFor(brokers, options)) {
      progress.show(`${load.accepted.length} orders accepted; next: ${scenario.title}`);
      const result = await runScenario(scenario, options, load);
      progress.say(
        `${scenario.title}: ${result.wrong ?? "recovered"} ${result.recoverMs} ms after it began, ` +
          `${result.afterReturnMs} ms after the return`,
      );
      scenarios.push(result);
    }
    await delay(options.steadyMs);
  } finally {
    progress.show("waiting for the last answers");
    await load.finish(options.finalTimeoutMs);
  }
  const conclusion = await conclude({ ...options, load, runId, outages: [] });
  const failures = [
    ...scenarios.flatMap(({ scenario, wrong }) => (wrong === null ? [] : [`no recovery, ${scenario}: ${wrong}`])),
    ...lossesOf(conclusion),
  ];
  return { brokers, perSecond, scenarios, ...conclusion, failures, passed: failures.length === 0 };
}

async function runScenario(scenario: Scenario, options: KafkaFaultOptions, load: SteadyLoad): Promise<ScenarioResult> {
  const { state, perSecond, steadyMs, recoverTimeoutMs, progress } = options;
  const before = await state();
  await using cleanUp = new AsyncDisposableStack();
  const backlog = await openBacklogReader(before);
  cleanUp.defer(() => backlog.close());
  const logger = createLogger({ name: "bench", instance: "faults", level: "error", destination: process.stderr });
  const log = await openEventLog({ url: before.eventLogUrl, clientId: "faults", logger });
  cleanUp.defer(() => log.close());
  const normal = await observeNormal(backlog, steadyMs, perSecond);
  load.lap();
  const startedAt = performance.now();
  const context = {
    ...options,
    lag: (group: ServiceName) => log.lag(group, consumerGroups[group]),
    timeoutMs: recoverTimeoutMs,
  };
  const disturbed = await scenario.disturb(context).catch((error: unknown) => String(error));
  const result = (wrong: string | undefined, { beganAt, returnedAt }: Disturbance): ScenarioResult => {
    const endedAt = performance.now();
    const { slowestMs: slowestAnswerMs, retriedAttempts } = load.lap();
    const recoverMs = Math.round(endedAt - beganAt);
    const afterReturnMs = Math.round(endedAt - returnedAt);
    return {
      scenario: scenario.title,
      wrong: wrong ?? null,
      recoverMs,
      afterReturnMs,
      slowestAnswerMs,
      retriedAttempts,
    };
  };
  // What was away has not come back, or was never there: the other scenarios are still worth seeing.
  if (typeof disturbed === "string") return result(disturbed, { beganAt: startedAt, returnedAt: performance.now() });
  const wrong = await awaitRecovery({
    state,
    processes: before.processes.length,
    backlog,
    normal,
    placedBefore: new Date(),
    timeoutMs: recoverTimeoutMs,
    onWaiting: (still) => progress.show(`${scenario.title}: ${still}`),
  });
  return result(wrong, disturbed);
}
