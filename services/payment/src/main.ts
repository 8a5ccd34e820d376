// Starts the payment service; everything else is in app.ts.
import { runService } from "@ordermesh/runtime/lifecycle";
import { startPaymentService } from "./app.ts";
import { readPaymentConfig } from "./config.ts";

await runService("payment", ({ logger }) => startPaymentService(readPaymentConfig(), logger));
