// A payment provider for development and tests: it behaves as the token says and keeps its own ledger, by which the
// audit can tell what really happened.

import { join } from "node:path";
import { isTransient, migrate, openDatabase } from "@ordermesh/runtime/database";
import type { Logger } from "@ordermesh/runtime/logging";
import { type PaymentProvider, type ProviderAnswer, ProviderUnavailableError } from "../port.ts";
import { type Ledger, type LedgerAnswer, openLedger } from "./ledger.ts";
import { scenarioOf } from "./scenario.ts";

export interface SimulatedProvider extends PaymentProvider {
  /** Drops what is still delayed and closes the ledger. */
  close(): Promise<void>;
}

export const providerMigrations = join(import.meta.dirname, "../../../provider-migrations");

/** Opens the provider on its own database, which it migrates. */
export async function openSimulatedProvider(options: {
  readonly url: string;
  readonly name: string;
  readonly poolSize: number;
  readonly logger: Logger;
}): Promise<SimulatedProvider> {
  const { url, name, poolSize, logger } = options;
  await migrate({ url, directory: providerMigrations, logger });
  // Plans are made while the table is still small; without this they would scan it for as long as they are cached.
  const database = openDatabase({
    url,
    name: `${name} provider`,
    poolSize,
    logger,
    settings: { enable_seqscan: "off" },
  });
  const delays = new Set<NodeJS.Timeout>();
  const provider = simulate(openLedger(database), delays);
  return {
    ...provider,
    async close() {
      for (const delay of delays) clearTimeout(delay);
      await database.close();
    },
  };
}

function simulate(ledger: Ledger, delays: Set<NodeJS.Timeout>): PaymentProvider {
  return {
    async authorize(request, signal) {
      const scenario = scenarioOf(request.token);
      const answer = await reached(ledger.authorize(request, scenario));
      if (scenario.lostAnswers === "all" && answer.outcome === null) return silence(signal);
      if (scenario.lostAnswers === "first" && answer.asked === 1) return silence(signal);
      if (scenario.delayMs > 0 && answer.outcome === null) {
        // It goes on though nobody may be waiting any more, as a real provider would.
        const finished = passing(scenario.delayMs, delays).then(() => reached(ledger.finish(request.idempotencyKey)));
        return providerAnswer(await Promise.race([finished, silence(signal)]));
      }
      return providerAnswer(answer);
    },
    capture: async (request) => providerAnswer(await reached(ledger.capture(request))),
    void: async (request) => providerAnswer(await reached(ledger.void(request))),
    refund: async (request) => providerAnswer(await reached(ledger.refund(request))),
  };
}

function providerAnswer({ outcome, declineCode, asked }: LedgerAnswer): ProviderAnswer {
  switch (outcome) {
    case "APPROVED":
      return { outcome: "approved" };
    case "DECLINED":
      return { outcome: "declined", code: declineCode };
    case null:
      throw new ProviderUnavailableError(`the provider failed on purpose (call ${asked})`);
    default:
      return outcome satisfies never;
  }
}

/** A ledger that cannot be reached is a provider that is away. */
async function reached(answer: Promise<LedgerAnswer>): Promise<LedgerAnswer> {
  try {
    return await answer;
  } catch (error) {
    if (!isTransient(error)) throw error;
    throw new ProviderUnavailableError("the provider cannot be reached", { cause: error });
  }
}

/** Never answers; ends only when the caller gives up. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
  });
}

function passing(ms: number, delays: Set<NodeJS.Timeout>): Promise<void> {
  return new Promise((resolve) => {
    const delay = setTimeout(() => {
      delays.delete(delay);
      resolve();
    }, ms);
    delays.add(delay);
  });
}
