import { runService } from "@ordermesh/runtime/lifecycle";
import { startGateway } from "./app.ts";
import { gatewayConfig } from "./config.ts";

await runService("gateway", ({ logger }) => startGateway(gatewayConfig(), logger));
