// Starts the order service; everything else is in app.ts.
import { runService } from "@ordermesh/runtime/lifecycle";
import { startOrderService } from "./app.ts";
import { readOrderConfig } from "./config.ts";

await runService("order", ({ logger }) => startOrderService(readOrderConfig(), logger));
