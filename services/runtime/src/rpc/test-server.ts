// A small order service and its tokens, for the specs of this folder.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { OrderService, OrderStatus } from "@ordermesh/proto/order";
import { createSigningKey, createTokenVerifier, issueToken, type SigningKey } from "../auth/index.ts";
import { formatHostPort, type HostPort } from "../config/index.ts";
import { DomainError, defineError } from "../errors/index.ts";
import { createLogger } from "../logging/index.ts";
import { callerOf, correlationIdOf, idempotencyKeyOf } from "./call-info.ts";
import { startRpcServer } from "./rpc-server.ts";
import { defineRpcService } from "./rpc-service.ts";

export const orderId = "01890a5d-ac96-874b-8c3f-0242ac120002";
export const orderNotFound = defineError("TEST_ORDER_NOT_FOUND", Code.NotFound);
export const keyReused = defineError("TEST_KEY_REUSED", Code.FailedPrecondition, { httpStatus: 422 });

const identity = { iss: "https://issuer.test", aud: "ordermesh" };
const anyPort = { host: "127.0.0.1", port: 0 };

/** What the specs see of the handlers at work. */
export interface HandlerProbe {
  /** Reasons of aborted calls. */
  readonly aborted: unknown[];
  /** Released by the spec: the calls of ShipOrder wait for it. */
  readonly gate: PromiseWithResolvers<void>;
  entered: number;
  streamsEnded: number;
}

export interface TestServerOptions {
  listen?: HostPort;
  /** Another test server whose tokens are to be good here too. */
  signWith?: { signingKey: SigningKey };
}

export async function startTestServer(options: TestServerOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), "ordermesh-rpc-"));
  const signingKey = options.signWith?.signingKey ?? (await createSigningKey());
  const { privateJwk, publicKeySet } = signingKey;
  const jwksFile = join(directory, "jwks.json");
  await writeFile(jwksFile, JSON.stringify(publicKeySet));
  const probe: HandlerProbe = { aborted: [], gate: Promise.withResolvers(), entered: 0, streamsEnded: 0 };
  const logged: string[] = [];
  const state = { ready: true };
  const server = await startRpcServer({
    services: [orderService(probe)],
    grpc: options.listen ?? anyPort,
    connect: anyPort,
    verifier: createTokenVerifier({ jwksFile, issuer: identity.iss, audience: identity.aud }),
    logger: createLogger({
      name: "test",
      instance: "test-1",
      destination: { write: (line: string) => void logged.push(line) },
    }),
    ready: () => state.ready,
  });
  const token = (scope: string, sub = "ada") => issueToken(privateJwk, { sub, scope, ...identity }, 600);
  return {
    server,
    signingKey,
    grpc: formatHostPort(server.grpcAddress),
    connectUrl: `http://${formatHostPort(server.connectAddress)}`,
    token,
    bearer: `Bearer ${await token("orders.read orders.write orders.fulfil")}`,
    probe,
    logged,
    state,
    stop: async () => {
      probe.gate.resolve();
      await server.stop(2000);
      await rm(directory, { recursive: true });
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

function orderService(probe: HandlerProbe) {
  const hangUntilAborted = (context: HandlerContext): Promise<never> =>
    new Promise((_, reject) => {
      probe.entered += 1;
      context.signal.addEventListener("abort", () => {
        probe.aborted.push(context.signal.reason);
        reject(context.signal.reason);
      });
    });
  return defineRpcService(OrderService, {
    placeOrder: async (request, context) => {
      if (request.clientReference === "too much") {
        return { order: { total: { currencyCode: "EUR", minorUnits: 1n << 80n } } };
      }
      if (request.clientReference === "bad header") context.responseHeader.set("x-name", "Jürgen");
      context.responseHeader.set("idempotency-replayed", "true");
      context.responseTrailer.set("x-served-by", "test-1");
      return {
        order: {
          id: orderId,
          status: OrderStatus.PENDING,
          customerId: callerOf(context).subject,
          clientReference: `${request.clientReference}/${idempotencyKeyOf(context)}/${correlationIdOf(context)}`,
        },
      };
    },
    getOrder: async () => {
      throw new DomainError(orderNotFound, `no order ${orderId} – für dich`, { metadata: { order_id: orderId } });
    },
    lookupOrder: async () => {
      throw new ConnectError("not here", Code.Unimplemented);
    },
    listOrders: async () => {
      throw new Error("password=hunter2 of the database");
    },
    cancelOrder: async (_request, context) => hangUntilAborted(context),
    shipOrder: async () => {
      probe.entered += 1;
      await probe.gate.promise;
      return { order: { id: orderId, status: OrderStatus.SHIPPED } };
    },
    deliverOrder: async () => {
      throw new DomainError(keyReused, "this key was used with another request", { retryAfterMs: 1500 });
    },
    getOrderTimeline: async () => {
      throw new ConnectError("inventory is away", Code.Unavailable);
    },
    watchOrder: async function* (request, context) {
      if (request.orderId !== orderId) throw new DomainError(orderNotFound, `no order ${request.orderId}`);
      probe.entered += 1;
      try {
        for (const status of [OrderStatus.PENDING, OrderStatus.CONFIRMED]) yield { order: { id: orderId, status } };
        await hangUntilAborted(context);
      } finally {
        probe.streamsEnded += 1;
      }
    },
  });
}
