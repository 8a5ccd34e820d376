// Generates the load: closed loop (each client sends its next order when the last is answered) or open loop (a rate).
import { build, type Histogram } from "hdr-histogram-js";
import { type Connection, openConnection } from "./connection.ts";
import { inTurns } from "./customers.ts";

export interface GenerateOptions {
  readonly origin: string;
  /** Those of the customers, who order in turns. */
  readonly tokens: readonly string[];
  readonly clients: number;
  readonly seconds: number;
  /** Orders per second over all clients; as fast as they are answered when absent. */
  readonly rate?: number | undefined;
  readonly runId: string;
  readonly makeBody: () => string;
  /** Called about once a second. */
  readonly onProgress?: (progress: { accepted: number; failed: number; elapsedMs: number }) => void;
}

export interface Generated {
  /** Orders answered 201 in all, and within the window. */
  readonly accepted: number;
  readonly acceptedInWindow: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Microseconds from when the order was due (open loop) or sent (closed loop) to its answer, accepted ones only. */
  readonly latencyUs: Histogram;
  readonly startMs: number;
  readonly windowMs: number;
}

const requestTimeoutMs = 30_000;
/** After an error a client pauses: a refused connection is answered at once and would be tried again without end. */
const pauseAfterErrorMs = 100;
const paceMs = 2;

/** Runs for `seconds`, then waits for the answers under way. */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { origin, tokens, clients, seconds, rate, runId, makeBody, onProgress } = options;
  const connections = Array.from({ length: clients }, () =>
    openConnection({ origin, keepBodies: false, timeoutMs: requestTimeoutMs }),
  );
  const authorizations = inTurns(tokens);
  const latencyUs = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const errors: Record<string, number> = {};
  let accepted = 0;
  let failed = 0;
  let sent = 0;
  let underWay = 0;
  let open = true;
  let allAnswered: () => void = () => undefined;

  const startMs = Date.now();
  const start = performance.now();
  const place = (connection: Connection, dueAt: number, idle: (connection: Connection) => void): void => {
    underWay += 1;
    sent += 1;
    const request = { authorization: authorizations(sent), idempotencyKey: `${runId}-${sent}`, body: makeBody() };
    connection.send(request, ({ status, errorCode }) => {
      underWay -= 1;
      if (status === 201) {
        accepted += 1;
        latencyUs.recordValue(Math.max(1, Math.round((performance.now() - dueAt) * 1000)));
      } else {
        failed += 1;
        errors[errorCode] = (errors[errorCode] ?? 0) + 1;
      }
      if (!open && underWay === 0) allAnswered();
      else if (status === 201) idle(connection);
      else setTimeout(idle, pauseAfterErrorMs, connection);
    });
  };

  const pacing = rate === undefined ? closedLoop(connections, place) : openLoop(connections, place, rate, start);
  const progress = setInterval(() => onProgress?.({ accepted, failed, elapsedMs: performance.now() - start }), 1000);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  open = false;
  pacing.stop();
  clearInterval(progress);
  const acceptedInWindow = accepted;
  const windowMs = performance.now() - start;
  if (underWay > 0)
    await new Promise<void>((resolve) => {
      allAnswered = resolve;
    });
  await Promise.all(connections.map((connection) => connection.close()));
  return { accepted, acceptedInWindow, errors, latencyUs, startMs, windowMs };
}

type Place = (connection: Connection, dueAt: number, idle: (connection: Connection) => void) => void;

function closedLoop(connections: readonly Connection[], place: Place): { stop(): void } {
  let open = true;
  const next = (connection: Connection): void => {
    if (open) place(connection, performance.now(), next);
  };
  for (const connection of connections) next(connection);
  return {
    stop: () => {
      open = false;
    },
  };
}

/** Orders become due at a fixed rate; one that finds no idle client waits, and the wait counts as latency. */
function openLoop(connections: readonly Connection[], place: Place, rate: number, start: number): { stop(): void } {
  const idle = [...connections];
  const msPerOrder = 1000 / rate;
  let next = 0;
  const sendDue = (): void => {
    const now = performance.now();
    while (idle.length > 0 && start + next * msPerOrder <= now) {
      const connection = idle.pop();
      if (connection === undefined) return;
      place(connection, start + next * msPerOrder, (free) => {
        idle.push(free);
      });
      next += 1;
    }
  };
  const timer = setInterval(sendDue, paceMs);
  return { stop: () => clearInterval(timer) };
}
