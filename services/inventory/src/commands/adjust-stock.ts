import { create } from "@bufbuild/protobuf";
import {
  type AdjustStockRequest,
  AdjustStockRequestSchema,
  type AdjustStockResponse,
  AdjustStockResponseSchema,
  InventoryService,
} from "@ordermesh/proto/inventory";
import type { Caller } from "@ordermesh/runtime/auth";
import type { Database, Transaction } from "@ordermesh/runtime/database";
import { DomainError } from "@ordermesh/runtime/errors";
import { requestHash, runOnce } from "@ordermesh/runtime/idempotency";
import { type Adjustment, adjustStock as decide } from "../domain/stock.ts";
import { inventoryErrors, itemNotFound } from "../errors.ts";
import { itemMessage } from "../queries/item-message.ts";
import { lockLevel, saveAdjustment } from "../store/items.ts";

const method = InventoryService.method.adjustStock.name;

export interface AdjustedStock {
  readonly response: AdjustStockResponse;
  readonly replayed: boolean;
}

/** Adds pieces or takes them away, once per caller and key. Throws ITEM_NOT_FOUND, INSUFFICIENT_STOCK and the like. */
export function adjustStock(
  database: Database,
  caller: Caller,
  key: string,
  request: AdjustStockRequest,
  time: Date,
  signal?: AbortSignal,
): Promise<AdjustedStock> {
  const once = {
    caller: caller.subject,
    key,
    method,
    hash: requestHash(method, AdjustStockRequestSchema, request),
    schema: AdjustStockResponseSchema,
    signal,
  };
  return runOnce(database, once, (tx) => apply(tx, caller, request, time));
}

async function apply(
  tx: Transaction,
  caller: Caller,
  { sku, delta, reason }: AdjustStockRequest,
  time: Date,
): Promise<AdjustStockResponse> {
  const level = await lockLevel(tx, sku);
  if (level === undefined) throw itemNotFound(sku);
  // Requests are limited to what a number holds exactly.
  const pieces = Number(delta);
  const adjustment = decide(level, pieces);
  if (adjustment.type !== "adjusted") throw refusal(sku, adjustment);
  const item = await saveAdjustment(tx, { sku, delta: pieces, reason, caller: caller.subject }, time);
  return create(AdjustStockResponseSchema, { item: itemMessage(item) });
}

function refusal(sku: string, adjustment: Exclude<Adjustment, { type: "adjusted" }>): DomainError {
  if (adjustment.type === "insufficient") {
    const { available, requested } = adjustment;
    const message = `item ${sku} has ${available} pieces available, ${requested} cannot be taken away`;
    const metadata = { sku, available: String(available), requested: String(requested) };
    return new DomainError(inventoryErrors.insufficientStock, message, { metadata });
  }
  const { total, allowed } = adjustment;
  const message = `item ${sku} has ${total} pieces in all and may have ${allowed} at most`;
  const metadata = { sku, total: String(total), allowed: String(allowed) };
  return new DomainError(inventoryErrors.stockLimitExceeded, message, { metadata });
}
