// The fault run: a steady load, one process after the other killed, and then the proof that nothing was lost.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { StackState } from "@ordermesh/stack";
import type { Progress } from "../progress.ts";
import { type Conclusion, conclude, lossesOf } from "./conclude.ts";
import { type Kill, killAndRecover } from "./kill-and-recover.ts";
import { waitUntilFinal } from "./open-orders.ts";
import { startSteadyLoad } from "./steady-load.ts";

export interface FaultOptions {
  /** What stack.json says at the moment; read again and again, because processes come back with new ids. */
  readonly state: () => Promise<StackState>;
  /** Those of the customers who order in turns; many, so that every shard has work. */
  readonly tokens: readonly string[];
  /** Rounds are repeated until so much time has passed; 0 for one round. */
  readonly minutes: number;
  /** Steady load before each kill, so that there is something to lose. */
  readonly steadySeconds: number;
  readonly perSecond: number;
  /** How long the stack may take to recover from a kill, and its orders to become final after the last one. */
  readonly recoverTimeoutMs: number;
  readonly finalTimeoutMs: number;
  readonly progress: Progress;
}

export interface KillResult extends Kill {
  /** Attempts of clients that failed between this kill and the next, all of them repeated. */
  readonly retriedAttempts: number;
}

export interface FaultReport extends Conclusion {
  readonly passed: boolean;
  /** Why it did not pass. */
  readonly failures: readonly string[];
  readonly kills: readonly KillResult[];
}

/** Kills every process of the stack in turn under load, brokers and PostgreSQL last, then checks orders, money and invariants. */
export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const { state, tokens, minutes, progress } = options;
  const { gatewayUrl } = await state();
  const runId = `faults-${randomBytes(6).toString("hex")}`;
  const load = startSteadyLoad({ origin: gatewayUrl, tokens, perSecond: options.perSecond, runId });
  const kills: KillResult[] = [];
  try {
    const endAt = performance.now() + minutes * 60_000;
    do {
      for (const name of victimsOf(await state())) {
        load.lap();
        progress.show(`${load.accepted.length} orders accepted; next to be killed: ${name}`);
        await delay(options.steadySeconds * 1000);
        const kill = await killAndRecover(name, state, options.recoverTimeoutMs);
        progress.say(`killed ${name}: ${kill.recovered ? "whole again" : "NOT whole"} after ${kill.recoverMs} ms`);
        // One fault at a time: what piled up is done before the next one, or its cause could not be told.
        const { databases } = await state();
        const recovered = kill.recovered && (await waitUntilFinal(databases.shards, options.recoverTimeoutMs));
        kills.push({ ...kill, recovered, retriedAttempts: load.lap().retriedAttempts });
      }
    } while (performance.now() < endAt);
    await delay(options.steadySeconds * 1000);
  } finally {
    progress.show("waiting for the last answers");
    await load.finish(options.finalTimeoutMs);
  }
  const conclusion = await conclude({ ...options, load, runId, outages: kills.map(({ outage }) => outage) });
  const failures = failuresOf({ kills, ...conclusion });
  return { kills, ...conclusion, failures, passed: failures.length === 0 };
}

/** What others need to recover is killed last: the brokers, and PostgreSQL at the very end. */
const turns: Readonly<Record<string, number>> = { kafka: 1, postgres: 2 };

export function victimsOf({ processes }: Pick<StackState, "processes">): string[] {
  const turn = ({ service }: { service: string }): number => turns[service] ?? 0;
  return processes.toSorted((a, b) => turn(a) - turn(b)).map(({ name }) => name);
}

export function failuresOf({ kills, ...conclusion }: Conclusion & Pick<FaultReport, "kills">): string[] {
  const lost = kills.filter(({ recovered }) => !recovered).map((kill) => kill.process);
  return [
    ...(lost.length > 0 ? [`${lost.length} kills without recovery: ${lost.join(", ")}`] : []),
    ...lossesOf(conclusion),
  ];
}
