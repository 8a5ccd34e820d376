// The handlers of NotificationService: they translate between messages and use cases, and nothing else.
import type { ServiceImpl } from "@connectrpc/connect";
import type { NotificationService } from "@ordermesh/proto/notification";
import { callerOf } from "@ordermesh/runtime/rpc";
import { listNotifications } from "../queries/list-notifications.ts";
import type { PrismaClient } from "../store/prisma/client.ts";

export function notificationService(prisma: PrismaClient): ServiceImpl<typeof NotificationService> {
  return {
    async listNotifications(request, context) {
      return { notifications: await listNotifications(prisma, callerOf(context), request.orderId) };
    },
  };
}
