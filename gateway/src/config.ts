import {
  addressList,
  hostPort,
  readConfig,
  redisUrl,
  serviceConfigShape,
  wholeNumber,
} from "@ordermesh/runtime/config";
import { z } from "zod";

const { ORDERMESH_INSTANCE, ORDERMESH_HEALTH_LISTEN, ORDERMESH_LOG_LEVEL, ORDERMESH_SHUTDOWN_TIMEOUT_MS } =
  serviceConfigShape;
const { ORDERMESH_JWKS_FILE, ORDERMESH_JWT_ISSUER, ORDERMESH_JWT_AUDIENCE } = serviceConfigShape;

const schema = z.object({
  ORDERMESH_INSTANCE,
  ORDERMESH_HTTP_LISTEN: hostPort,
  ORDERMESH_HEALTH_LISTEN,
  ORDERMESH_ORDER_ADDRESS: addressList,
  ORDERMESH_PAYMENT_ADDRESS: addressList,
  ORDERMESH_INVENTORY_ADDRESS: addressList,
  ORDERMESH_NOTIFICATION_ADDRESS: addressList,
  ORDERMESH_JWKS_FILE,
  ORDERMESH_JWT_ISSUER,
  ORDERMESH_JWT_AUDIENCE,
  ORDERMESH_LOG_LEVEL,
  ORDERMESH_SHUTDOWN_TIMEOUT_MS,
  ORDERMESH_MAX_BODY_BYTES: wholeNumber(1, 64 * 1024 * 1024).default(1024 * 1024),
  ORDERMESH_CALL_TIMEOUT_MS: wholeNumber(100, 60_000).default(5_000),
  ORDERMESH_STREAM_TIMEOUT_MS: wholeNumber(1_000, 86_400_000).default(600_000),
  /** Calls that one caller (the subject of the token) may make in a second; 0 is without a limit. */
  ORDERMESH_RATE_LIMIT_PER_SECOND: wholeNumber(0, 10_000_000).default(5_000),
  /** So many more within ten seconds, for those who are over it for a moment. */
  ORDERMESH_RATE_LIMIT_BURST: wholeNumber(0, 10_000_000).default(5_000),
  /** Lets the gateways count together. Without it each counts for itself. */
  ORDERMESH_REDIS_URL: redisUrl.optional(),
});

export type GatewayConfig = z.output<typeof schema>;

/** Reads the configuration of the gateway. Throws ConfigError with every fault. */
export function gatewayConfig(env?: Readonly<Record<string, string | undefined>>): GatewayConfig {
  return readConfig(schema, env);
}
