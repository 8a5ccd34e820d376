// Settings of the notification service, from the environment.
import { readConfig, type ServiceConfig, serviceConfig } from "@ordermesh/runtime/config";

export type NotificationConfig = ServiceConfig;

export const readNotificationConfig = (): NotificationConfig => readConfig(serviceConfig);
