import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { formatHostPort, type HostPort } from "../config/index.ts";
import { connectStreamHandler, connectUnaryHandler } from "./connect-handlers.ts";
import type { MethodPlan } from "./method-plan.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RpcService } from "./rpc-service.ts";

export interface ConnectServer {
  readonly address: HostPort;
  /** Takes no new connections; resolves when the requests under way have been answered. */
  close(): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
}

export interface ConnectServerOptions {
  services: readonly RpcService[];
  plans: readonly MethodPlan[];
  pipeline: Pipeline;
  listen: HostPort;
}

const maxMessageBytes = 4 * 1024 * 1024;

/**
 * Serves the planned methods over the Connect protocol on HTTP/1.1: JSON and binary, for browsers and curl. gRPC has
 * its own server, so it is off here. Rejects when the address cannot be listened on.
 */
export async function startConnectServer(options: ConnectServerOptions): Promise<ConnectServer> {
  const { services, plans, pipeline, listen } = options;
  const adapter = connectNodeAdapter({
    grpc: false,
    grpcWeb: false,
    readMaxBytes: maxMessageBytes,
    routes: (router) => {
      for (const { service } of services) router.service(service, implementationOf(service, plans, pipeline));
    },
  });
  const server = createServer(adapter);
  await listenOn(server, listen);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: listen.host, port },
    close: () => closeGently(server),
    destroy: () => server.closeAllConnections(),
  };
}

function implementationOf(
  service: DescService,
  plans: readonly MethodPlan[],
  pipeline: Pipeline,
): Partial<ServiceImpl<DescService>> {
  const handlers = plans
    .filter((plan) => plan.method.parent === service)
    .map((plan) => [
      plan.method.localName,
      plan.kind === "unary" ? connectUnaryHandler(plan, pipeline) : connectStreamHandler(plan, pipeline),
    ]);
  return Object.fromEntries(handlers);
}

function listenOn(server: Server, address: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      reject(new Error(`cannot listen on ${formatHostPort(address)} for Connect`, { cause }));
    };
    server.once("error", fail);
    server.listen(address.port, address.host, () => {
      server.removeListener("error", fail);
      resolve();
    });
  });
}

/** Keep-alive connections would hold a closing server open: each is closed once its request has been answered. */
function closeGently(server: Server): Promise<void> {
  server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => {
    response.setHeader("connection", "close");
  });
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
  });
}
