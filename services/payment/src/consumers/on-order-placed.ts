// A placed order is paid: its payment is recorded and the provider is asked to authorise it.
import { OrderPlacedSchema } from "@ordermesh/proto/order";
import { defineHandler, type EventHandler } from "@ordermesh/runtime/consumer";
import { PoisonError } from "@ordermesh/runtime/errors";
import { isUuid, newBucketedId } from "@ordermesh/runtime/ids";
import type { PlanPorts } from "../commands/plan-change.ts";
import { type ClaimedOperation, operationOfNew } from "../store/payment.ts";
import { recordPayments } from "../store/record-payments.ts";

export interface PlacedPorts extends PlanPorts {
  /** Takes over operations that are leased to this process. */
  readonly work: (claimed: readonly ClaimedOperation[]) => void;
}

export function onOrderPlaced(ports: PlacedPorts): EventHandler {
  return defineHandler({
    messages: [OrderPlacedSchema],
    async apply(events, tx, context) {
      const now = ports.now();
      const lease = ports.lease();
      const placed = events.map(({ id, message, correlationId, traceparent }) => {
        const { orderId, customerId, total, paymentToken: token } = message;
        if (!isUuid(orderId)) throw new PoisonError(id, `order id must be a UUID, got ${JSON.stringify(orderId)}`);
        if (total === undefined || total.minorUnits < 0n) {
          throw new PoisonError(id, `order ${orderId} must have a total of zero or more`);
        }
        return {
          // In the customer's bucket, as the order is, so that whoever holds the id knows the shard.
          id: newBucketedId(customerId, now.getTime()),
          orderId,
          customerId,
          currency: total.currencyCode,
          amount: total.minorUnits,
          token,
          correlationId,
          traceparent,
        };
      });
      const recorded = await recordPayments(tx, placed, now, lease);
      context.afterCommit(() =>
        ports.work(
          recorded.map((payment) => ({ payment, operation: operationOfNew(payment), leaseEndMs: lease.endMs })),
        ),
      );
    },
  });
}
