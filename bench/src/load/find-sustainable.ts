// Searches the highest rate at which the platform keeps up: time to final p99 under a second, nearly every order taken.

import { type BacklogReader, openBacklogReader, waitUntilQuiet } from "../measuring/backlog.ts";
import { type OrderShards, openOrderShards } from "../measuring/order-shards.ts";
import { readCompletion } from "./completion.ts";
import { generate } from "./generate.ts";
import { type LoadOptions, newRunId } from "./load.ts";
import { createBodyMaker, seededSkus } from "./order-request.ts";

export interface SustainableOptions {
  readonly load: LoadOptions;
  /** Where to begin: a rate that is likely too high, such as what a closed loop completes. */
  readonly startRate: number;
  readonly steps: number;
  readonly stepSeconds: number;
}

const limitMs = 1000;
/** A rate counts as kept when so much of it was sent and accepted: orders that never found an idle client are missing. */
const acceptedShare = 0.98;

/** Bisects in a bounded number of short steps; undefined when no rate that was tried could be kept. */
export async function findSustainable(options: SustainableOptions): Promise<number | undefined> {
  const { load, startRate, steps } = options;
  const orders = await openOrderShards(load.stack.databases.shards);
  const backlog = await openBacklogReader(load.stack);
  try {
    let low = 0;
    let high = startRate * 1.3;
    let rate = startRate;
    for (let step = 1; step <= steps && rate >= 1; step += 1) {
      const kept = await canKeep(Math.round(rate), options, orders, backlog, `${step}/${steps}`);
      if (kept) low = Math.round(rate);
      else high = rate;
      rate = (low + high) / 2;
    }
    return low === 0 ? undefined : low;
  } finally {
    load.progress.clear();
    await Promise.all([orders.close(), backlog.close()]);
  }
}

async function canKeep(
  rate: number,
  { load, stepSeconds }: SustainableOptions,
  orders: OrderShards,
  backlog: BacklogReader,
  label: string,
): Promise<boolean> {
  const { stack, tokens, clients, lines, progress, drainSeconds } = load;
  const runId = newRunId();
  progress.show(`step ${label}: ${rate} orders/s for ${stepSeconds} s`);
  const generated = await generate({
    origin: stack.gatewayUrl,
    tokens,
    clients,
    seconds: stepSeconds,
    rate,
    runId,
    makeBody: createBodyMaker({ runId, lines, skus: seededSkus }),
  });
  // Each step starts from an empty backlog, or it would pay for the one before.
  const quiet = await waitUntilQuiet(backlog, drainSeconds * 1000);
  const { timeToFinalMs, placed, completed } = await readCompletion(orders, runId, generated.startMs, Date.now());
  const accepted = generated.accepted >= rate * stepSeconds * acceptedShare;
  return quiet.quiet && accepted && completed === placed && (timeToFinalMs?.p99 ?? limitMs) < limitMs;
}
