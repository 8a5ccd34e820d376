// Settings of the payment service, from the environment.
import { databaseUrl, readConfig, serviceConfigShape, wholeNumber } from "@ordermesh/runtime/config";
import { z } from "zod";

export const paymentConfig = z.object({
  ...serviceConfigShape,
  /** The simulated provider's own database. */
  ORDERMESH_PROVIDER_DATABASE_URL: databaseUrl,
  /** How long a call to the provider may take before it is tried again. */
  ORDERMESH_PROVIDER_TIMEOUT_MS: wholeNumber(50, 60_000).default(2_000),
  /** Calls to the provider at once. Slow ones need room, so that they do not hold up the others. */
  ORDERMESH_PROVIDER_CONCURRENCY: wholeNumber(1, 100_000).default(2_000),
});

export type PaymentConfig = z.output<typeof paymentConfig>;

export const readPaymentConfig = (): PaymentConfig => readConfig(paymentConfig);
