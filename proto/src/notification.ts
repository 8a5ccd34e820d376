export {
  type ListNotificationsRequest,
  ListNotificationsRequestSchema,
  type ListNotificationsResponse,
  ListNotificationsResponseSchema,
  type Notification,
  NotificationKind,
  NotificationKindSchema,
  NotificationSchema,
  NotificationService,
} from "../gen/ordermesh/notification/v1/notification_service_pb.js";
