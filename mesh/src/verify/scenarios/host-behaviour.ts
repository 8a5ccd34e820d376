// What a scenario says of a host, as the behaviour of a test server.
import { codeOf } from "../../model/grpc-status.ts";
import type { Disturbance, Scenario } from "../../scenario/scenario-file.ts";
import type { Behaviour } from "../bed/behaviour.ts";
import { drawLatency, share } from "../bed/chance.ts";

export type ScenarioHost = Scenario["hosts"][number];

/** @param disturbances that last now; the later one counts where two say the same */
export function hostBehaviour(
  { latency, concurrency }: ScenarioHost,
  disturbances: readonly Disturbance[],
  random: () => number,
): Behaviour {
  let behaviour: Behaviour = {
    delayMs: drawLatency(latency, random),
    ...(concurrency !== undefined && { concurrency }),
  };
  for (const disturbance of disturbances) behaviour = { ...behaviour, ...disturbed(disturbance, random) };
  return behaviour;
}

function disturbed(disturbance: Disturbance, random: () => number): Behaviour {
  if ("fails" in disturbance) {
    const { fails } = disturbance;
    return { fails: { status: codeOf(fails.status), when: share(fails.percent, random) } };
  }
  if ("slow" in disturbance) return { delayMs: drawLatency(disturbance.slow, random) };
  if ("resets" in disturbance) return { resets: { when: share(disturbance.resets.percent, random) } };
  if ("hangs" in disturbance) return { hangs: true };
  // Away and gone: it is the listener that closes.
  return {};
}
