// The only wiring of the gateway. A new service is one more row of `upstreams`; a new RPC is nothing here.
import { InventoryService } from "@ordermesh/proto/inventory";
import { NotificationService } from "@ordermesh/proto/notification";
import { OrderService } from "@ordermesh/proto/order";
import { PaymentService } from "@ordermesh/proto/payment";
import { createTokenVerifier } from "@ordermesh/runtime/auth";
import { formatHostPort, type HostPort } from "@ordermesh/runtime/config";
import { type RunningService, startHealthServer } from "@ordermesh/runtime/lifecycle";
import type { Logger } from "@ordermesh/runtime/logging";
import { openRedis, type RedisPort } from "@ordermesh/runtime/redis";
import { createGrpcTransport, type GrpcTransport } from "@ordermesh/runtime/rpc";
import type { GatewayConfig } from "./config.ts";
import { startGatewayServer } from "./http/gateway-server.ts";
import { openLimit } from "./limits/open-limit.ts";
import { gatewayMetrics } from "./metrics.ts";
import { buildRoutes } from "./routes.ts";

/** Part of the shutdown time that is kept for closing what is left. */
const CLOSING_MS = 500;
/** How long a service may take to be reached before the log says so, and the gateway is ready without it. */
const CONNECTING_MS = 10_000;

export interface RunningGateway extends RunningService {
  /** Where REST is served, with the port that was really taken. */
  readonly address: HostPort;
  readonly healthAddress: HostPort;
}

/** Starts the gateway. */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<RunningGateway> {
  const limits = {
    maxBodyBytes: config.ORDERMESH_MAX_BODY_BYTES,
    callTimeoutMs: config.ORDERMESH_CALL_TIMEOUT_MS,
    streamTimeoutMs: config.ORDERMESH_STREAM_TIMEOUT_MS,
  };
  const connect = (addresses: readonly string[]): GrpcTransport =>
    createGrpcTransport({ addresses, defaultTimeoutMs: limits.callTimeoutMs });
  const upstreams = [
    { service: OrderService, transport: connect(config.ORDERMESH_ORDER_ADDRESS) },
    { service: PaymentService, transport: connect(config.ORDERMESH_PAYMENT_ADDRESS) },
    { service: InventoryService, transport: connect(config.ORDERMESH_INVENTORY_ADDRESS) },
    { service: NotificationService, transport: connect(config.ORDERMESH_NOTIFICATION_ADDRESS) },
  ];
  let connected = false;
  // Connects early, so that no request waits for it, and is ready then. A service that stays away does not keep the
  // others from being reached: its calls answer 503, and it is tried again.
  const connecting = upstreams.map(({ service, transport }) =>
    transport.waitForReady(CONNECTING_MS).catch((error: unknown) => {
      logger.warn({ service: service.typeName, err: error }, "a service cannot be reached yet");
    }),
  );
  void Promise.all(connecting).then(() => {
    connected = true;
  });
  const verifier = createTokenVerifier({
    jwksFile: config.ORDERMESH_JWKS_FILE,
    issuer: config.ORDERMESH_JWT_ISSUER,
    audience: config.ORDERMESH_JWT_AUDIENCE,
  });
  const redis = openRedisOf(config, logger);
  const callLimit = openLimit(
    { perSecond: config.ORDERMESH_RATE_LIMIT_PER_SECOND, burst: config.ORDERMESH_RATE_LIMIT_BURST },
    redis,
    logger,
  );
  let serving = false;
  const health = await startHealthServer({
    listen: config.ORDERMESH_HEALTH_LISTEN,
    live: () => true,
    ready: () => ({ serving, connected }),
    metrics: gatewayMetrics(redis !== undefined),
  });
  const server = await startGatewayServer({
    listen: config.ORDERMESH_HTTP_LISTEN,
    routes: buildRoutes(upstreams),
    verifier,
    logger,
    limits,
    callLimit,
  });
  serving = true;
  logger.info({ address: formatHostPort(server.address) }, "serving");

  return {
    address: server.address,
    healthAddress: health.address,
    stop: async () => {
      serving = false;
      await server.stop(Math.max(0, config.ORDERMESH_SHUTDOWN_TIMEOUT_MS - CLOSING_MS));
      for (const { transport } of upstreams) transport.close();
      callLimit?.stop();
      await redis?.close();
      await health.stop();
    },
  };
}

function openRedisOf(config: GatewayConfig, logger: Logger): RedisPort | undefined {
  const { ORDERMESH_REDIS_URL: url, ORDERMESH_INSTANCE: name } = config;
  return url === undefined ? undefined : openRedis({ url, name, logger });
}
