// What is done to brokers and consumers. Each scenario ends when what was away is back; recovery is measured after it.
import type { ServiceName, StackState } from "@ordermesh/stack";
import { keepAway, killAndAwaitReturn, stopAndContinue } from "./disturb.ts";

export interface ScenarioContext {
  readonly state: () => Promise<StackState>;
  /** Records that the group has not committed. */
  readonly lag: (group: ServiceName) => Promise<bigint>;
  readonly awayMs: number;
  readonly stoppedMs: number;
  /** How long a process may take to be back, and a group to have work. */
  readonly timeoutMs: number;
}

/** When it began and when it was over, by performance.now(). */
export interface Disturbance {
  readonly beganAt: number;
  readonly returnedAt: number;
}

export interface Scenario {
  readonly title: string;
  disturb(context: ScenarioContext): Promise<Disturbance>;
}

const brokerNames = ["kafka-1", "kafka-2", "kafka-3"] as const;
const inSeconds = (ms: number): string => `${ms / 1000} s`;

export interface ScenarioChoice extends Pick<ScenarioContext, "awayMs" | "stoppedMs"> {
  /** Whether consumers are disturbed after the brokers. */
  readonly consumersToo: boolean;
}

/** The scenarios for a stack of one or of three brokers. */
export function scenariosFor(brokers: number, { awayMs, stoppedMs, consumersToo }: ScenarioChoice): Scenario[] {
  // Of three the first two, so that no majority is left: neither for the records nor for the controllers.
  const lost = brokers === 1 ? brokerNames.slice(0, 1) : brokerNames.slice(0, 2);
  const ofBrokers: Scenario[] = [
    {
      title: `${brokers === 1 ? "the only broker" : "two of three brokers"} killed and away for ${inSeconds(awayMs)}`,
      disturb: (context) => keepAway(lost, context),
    },
  ];
  if (!consumersToo) return ofBrokers;
  return [
    ...ofBrokers,
    {
      title: "consumer inventory-1 killed in the middle of a batch",
      disturb: (context) => killAndAwaitReturn("inventory-1", "inventory", context),
    },
    {
      title: `consumer payment-1 stopped for ${inSeconds(stoppedMs)}`,
      disturb: (context) => stopAndContinue("payment-1", context),
    },
  ];
}
