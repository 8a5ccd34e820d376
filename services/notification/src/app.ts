// The only wiring of the notification service.
import { join } from "node:path";
import { NotificationService } from "@ordermesh/proto/notification";
import { ordersTopic } from "@ordermesh/proto/topics";
import type { Logger } from "@ordermesh/runtime/logging";
import { defineRpcService } from "@ordermesh/runtime/rpc";
import { openServiceHost, type ServedService, startHourlyPruning } from "@ordermesh/runtime/service-host";
import { PrismaPg } from "@prisma/adapter-pg";
import type { NotificationConfig } from "./config.ts";
import { consumerGroup, onOrderEvents } from "./consumers/on-order-events.ts";
import { createLocalSender } from "./delivery/local-sender.ts";
import { notificationService } from "./rpc/notification-service.ts";
import { PrismaClient } from "./store/prisma/client.ts";
import { pruneNotifications } from "./store/prune-notifications.ts";

export const migrations = join(import.meta.dirname, "../prisma/migrations");

export async function startNotificationService(config: NotificationConfig, logger: Logger): Promise<ServedService> {
  const host = await openServiceHost({ config, migrations, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(host.database.pool) });
  host.beforeClose(
    startHourlyPruning({
      what: "notifications",
      prune: async () => ({ notifications: await pruneNotifications(host.database, Date.now()) }),
      logger,
    }),
  );
  const sender = createLocalSender(logger);
  await host.consume({
    group: consumerGroup,
    topics: [ordersTopic],
    handlers: [onOrderEvents({ sender, now: () => new Date() })],
  });
  return host.serve([defineRpcService(NotificationService, notificationService(prisma))]);
}
