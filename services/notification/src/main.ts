// Starts the notification service; everything else is in app.ts.
import { runService } from "@ordermesh/runtime/lifecycle";
import { startNotificationService } from "./app.ts";
import { readNotificationConfig } from "./config.ts";

await runService("notification", ({ logger }) => startNotificationService(readNotificationConfig(), logger));
