import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { InventoryService } from "@ordermesh/proto/inventory";
import { createGrpcTransport } from "@ordermesh/runtime/rpc";
import { type CatalogueItem, catalogueItems } from "./items.ts";

export interface SeedOptions {
  /** gRPC addresses of inventory. */
  readonly addresses: readonly string[];
  readonly operatorToken: string;
  readonly count: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

const CONCURRENCY = 32;
const CALL_TIMEOUT_MS = 10_000;
const ATTEMPTS = 20;
const RETRY_MS = 250;

/**
 * Puts the catalogue into inventory. It may be interrupted and run again: an item is put, and its stock is added under
 * an idempotency key of its own, so that it is added once.
 */
export async function seedCatalogue(options: SeedOptions): Promise<void> {
  const transport = createGrpcTransport({ addresses: [...options.addresses], defaultTimeoutMs: CALL_TIMEOUT_MS });
  const client = createClient(InventoryService, transport);
  const authorization = `Bearer ${options.operatorToken}`;

  const seedItem = async (item: CatalogueItem): Promise<void> => {
    const unitPrice = { currencyCode: "EUR", minorUnits: item.priceMinorUnits };
    const { signal } = options;
    await client.putItem({ sku: item.sku, name: item.name, unitPrice }, { headers: { authorization }, signal });
    const headers = { authorization, "idempotency-key": `catalogue-${item.sku}` };
    await client.adjustStock({ sku: item.sku, delta: item.stock, reason: "opening stock" }, { headers, signal });
  };

  const items = catalogueItems(options.count);
  const queue = items.values();
  let done = 0;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      await retryWhileUnavailable(() => seedItem(item), options.signal);
      done += 1;
      options.onProgress(done, items.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  } finally {
    transport.close();
  }
}

async function retryWhileUnavailable(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const passing = [Code.Unavailable, Code.DeadlineExceeded].includes(ConnectError.from(error).code);
      if (signal.aborted || !passing || attempt >= ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
