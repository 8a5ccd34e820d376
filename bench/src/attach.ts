// Finds the stack to work on: the one that runs on the data folder, or one that is started for the occasion.
import { parseEventLogUrl } from "@ordermesh/runtime/event-log";
import { readStackState, type StackOptions, type StackState, startStack, UserError } from "@ordermesh/stack";

export interface Attached {
  readonly dataDir: string;
  /** What stack.json says now; processes that were restarted have a new pid. */
  state(): Promise<StackState>;
  /** Stops the stack when it was started here. */
  release(): Promise<void>;
}

export interface StackChoice {
  readonly dataDir: string;
  /** Kafka brokers of the stack's own; the log in PostgreSQL when absent, or whatever a running stack has. */
  readonly brokers?: 1 | 3 | undefined;
  /** Databases of the order service; as many as the folder has seen before, or a running stack has, when absent. */
  readonly shards?: number | undefined;
  /** Whether there is a sidecar beside every process. */
  readonly mesh: boolean;
}

/** Attaches to the stack that runs on `dataDir`; says how to start one when none does. */
export async function attach(dataDir: string): Promise<Attached> {
  const state = async (): Promise<StackState> => {
    const found = await readStackState(dataDir);
    if (found === undefined)
      throw new UserError(
        "STACK_NOT_RUNNING",
        `no stack runs on ${dataDir}; start one with: npm start -- --data ${dataDir}`,
      );
    return found;
  };
  await state();
  return { dataDir, state, release: () => Promise.resolve() };
}

/** Attaches to the stack that runs on `dataDir`, or starts one there; `say` is told when that takes time. */
export async function attachOrStart(choice: StackChoice, say: (line: string) => void): Promise<Attached> {
  const { dataDir, brokers, shards, mesh } = choice;
  const running = await readStackState(dataDir);
  if (running !== undefined) {
    assertAsWanted(running, choice);
    return attach(dataDir);
  }
  const parts = [
    ...(shards === undefined ? [] : [`${shards} shard(s)`]),
    ...(brokers === undefined ? [] : [`${brokers} Kafka broker(s)`]),
    ...(mesh ? ["sidecars"] : []),
  ];
  say(`no stack runs on ${dataDir}: starting one${parts.length === 0 ? "" : ` with ${parts.join(" and ")}`}`);
  const stack = await startStack(stackOptionsOf(choice));
  return { dataDir, state: () => Promise.resolve(stack.state()), release: () => stack.stop() };
}

/** How a stack is started that has what was chosen. */
export function stackOptionsOf({ dataDir, brokers, shards, mesh }: StackChoice): StackOptions {
  return {
    dataDir,
    port: 0,
    mesh,
    ...(shards === undefined ? {} : { shards }),
    // As with --engines: Redis belongs to the stack of engines.
    ...(brokers === undefined ? {} : { eventLog: { kind: "kafka", brokers }, redis: true }),
  };
}

/** Brokers that the stack's event log names; 0 when its events are in PostgreSQL. */
export function brokerCount({ eventLogUrl }: Pick<StackState, "eventLogUrl">): number {
  const address = parseEventLogUrl(eventLogUrl);
  return address.driver === "kafka" ? address.brokers.length : 0;
}

/** Figures of another kind of stack than the one asked for would be believed. */
export function assertAsWanted(
  running: Pick<StackState, "mesh" | "eventLogUrl" | "databases">,
  { dataDir, brokers, shards, mesh }: StackChoice,
): void {
  if (mesh && !running.mesh) {
    throw new UserError(
      "STACK_DIFFERS",
      `--mesh: the stack that runs on ${dataDir} has no sidecars; stop it, or give another --data`,
    );
  }
  const { length: hasShards } = running.databases.shards;
  if (shards !== undefined && hasShards !== shards) {
    throw new UserError(
      "STACK_DIFFERS",
      `--shards: ${shards} wanted, and the stack that runs on ${dataDir} has ${hasShards}; stop it, or give another --data`,
    );
  }
  const has = brokerCount(running);
  if (brokers === undefined || has === brokers) return;
  const events = has === 0 ? "has its events in PostgreSQL" : `names ${has} Kafka broker(s)`;
  throw new UserError(
    "STACK_DIFFERS",
    `--brokers: ${brokers} wanted, and the stack that runs on ${dataDir} ${events}; stop it, or give another --data`,
  );
}
