// For a database that is an older state of itself, or a new one: events that its consumer group has consumed, and that
// it does not know of.
import { setTimeout as delay } from "node:timers/promises";
import { ordersTopic } from "@ordermesh/proto/topics";
import type { EventLog } from "@ordermesh/runtime/event-log";
import type { Client } from "pg";
import { consumerGroup } from "../consumers/on-order-events.ts";
import { RebuildError } from "./rebuild-error.ts";

// Killed behind this, the next rebuild finds them applied, and the live store lacking them: it brings them back.
const CLAIM = `
  INSERT INTO inbox (consumer_group, event_id) SELECT DISTINCT '${consumerGroup}', id FROM notification_rebuild_waiting
  ON CONFLICT DO NOTHING`;

const PATIENCE_MS = 60_000;
const POLL_MS = 100;

/**
 * Counts all that waits as applied: the group will not be given it again. Waits until the group has consumed what was
 * read, because what it has yet to apply it must apply itself, and tell the customer.
 * @throws RebuildError CONSUMER_BEHIND when it does not get there
 */
export async function claimConsumed(client: Client, log: Pick<EventLog, "lag">, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (let lag = await log.lag(consumerGroup, [ordersTopic]); lag > 0n; ) {
    if (performance.now() > giveUpAt) {
      throw new RebuildError(
        "CONSUMER_BEHIND",
        `group ${consumerGroup} has yet to consume ${lag} records: --restored needs it to be up to date, so start the service and wait`,
      );
    }
    await delay(POLL_MS, undefined, { signal });
    lag = await log.lag(consumerGroup, [ordersTopic]);
  }
  await client.query(CLAIM);
}
