// The embedded driver: the row in the database is the delivery, and the log tells of it.
import type { Logger } from "@ordermesh/runtime/logging";
import { countByKind } from "../domain/notification.ts";
import type { NotificationSender } from "./notification-sender.ts";

/** Writes one line per batch, with no address in it. */
export function createLocalSender(logger: Pick<Logger, "info">): NotificationSender {
  return {
    timing: "at-once",
    async deliver(notifications) {
      if (notifications.length === 0) return [];
      logger.info({ count: notifications.length, kinds: countByKind(notifications) }, "notifications delivered");
      return notifications.map(({ id }) => ({ id, delivered: true }));
    },
  };
}
