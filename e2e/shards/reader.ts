// A client that reads accepted orders again and again, and holds that each can be reached at every moment.
import { setTimeout as delay } from "node:timers/promises";
import { state } from "../client.ts";
import { rest } from "../rest.ts";

export interface Reader {
  readonly reads: number;
  /** Answers other than the order that was asked for. */
  readonly failures: readonly string[];
  /** Calls that failed while an order process was known to be killed, by status and code. */
  readonly duringOutage: Readonly<Record<string, number>>;
  /** Of answers outside of outages. */
  readonly slowestMs: number;
  /** Whether answers of a gateway without its order process are counted apart. A 404 never is. */
  outage: boolean;
  stop(): Promise<void>;
}

const clients = 4;
const outageStatuses = [503, 504];

/** Reads orders of the list, which may grow: the newest and others by turns. */
export function startReader(accepted: readonly string[]): Reader {
  const failures: string[] = [];
  const duringOutage: Record<string, number> = {};
  let stopped = false;
  let outage = false;
  let reads = 0;
  let slowestMs = 0;

  const readOne = async (): Promise<void> => {
    const back = reads % 2 === 0 ? 0 : Math.floor(Math.random() * accepted.length);
    const id = accepted.at(-1 - back);
    if (id === undefined) return;
    const begunInOutage = outage;
    const { status, body, tookMs } = await rest(state.gatewayUrl, "GET", `/v1/orders/${id}`, {
      token: state.operatorToken,
    });
    reads += 1;
    if (status === 200 && body.id === id) {
      if (!begunInOutage) slowestMs = Math.max(slowestMs, tookMs);
      return;
    }
    const what = `${status} ${body?.code ?? "another order"}`;
    if ((begunInOutage || outage) && outageStatuses.includes(status)) {
      duringOutage[what] = (duringOutage[what] ?? 0) + 1;
    } else failures.push(`${id}: ${what} after ${tookMs} ms`);
  };
  const readOn = async (): Promise<void> => {
    while (!stopped) {
      await readOne().catch((error: unknown) => void failures.push(String(error)));
      // The load of this process has its turn.
      await delay(5);
    }
  };
  const reading = Promise.all(Array.from({ length: clients }, readOn));

  return {
    failures,
    duringOutage,
    get reads() {
      return reads;
    },
    get slowestMs() {
      return slowestMs;
    },
    get outage() {
      return outage;
    },
    set outage(known) {
      outage = known;
    },
    stop: async () => {
      stopped = true;
      await reading;
    },
  };
}
