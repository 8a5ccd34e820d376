// Starts the inventory service; everything else is in app.ts.
import { runService } from "@ordermesh/runtime/lifecycle";
import { startInventoryService } from "./app.ts";
import { readInventoryConfig } from "./config.ts";

await runService("inventory", ({ logger }) => startInventoryService(readInventoryConfig(), logger));
