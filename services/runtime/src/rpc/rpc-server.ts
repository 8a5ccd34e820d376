import type { TokenVerifier } from "../auth/index.ts";
import type { HostPort } from "../config/index.ts";
import type { Logger } from "../logging/index.ts";
import { CallTracker } from "./call-tracker.ts";
import { startConnectServer } from "./connect-server.ts";
import { startGrpcServer } from "./grpc-server.ts";
import { planMethods } from "./method-plan.ts";
import type { RpcService } from "./rpc-service.ts";

export interface RpcServerOptions {
  services: readonly RpcService[];
  /** Address of gRPC (with health and reflection). */
  grpc: HostPort;
  /** Address of the Connect protocol over HTTP/1.1. */
  connect: HostPort;
  verifier: TokenVerifier;
  logger: Logger;
  /** Whether the service can take calls; what grpc.health.v1 answers. */
  ready(): boolean;
}

export interface RpcServer {
  /** Where it listens, with the ports that were really taken. */
  readonly grpcAddress: HostPort;
  readonly connectAddress: HostPort;
  /**
   * Stops: health turns NOT_SERVING, no new calls are taken, streams end with UNAVAILABLE, unary calls may finish
   * within `graceMs` milliseconds, then everything is cut. Resolves when nothing is being handled any more.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * Serves the services over gRPC and Connect, with the same pipeline around every handler: correlation id,
 * authentication, scope, idempotency key, validation, deadline, error mapping. Rejects when an address cannot be
 * listened on, or when a method lacks its policy.
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { services, verifier, logger } = options;
  const tracker = new CallTracker();
  const pipeline = { verifier, logger, tracker };
  const plans = services.flatMap((service) => planMethods(service));
  const grpc = await startGrpcServer({ services, plans, pipeline, listen: options.grpc, ready: () => options.ready() });
  const connect = await startConnectServer({ services, plans, pipeline, listen: options.connect }).catch((error) => {
    grpc.drain();
    grpc.destroy();
    throw error;
  });

  const stop = async (graceMs: number): Promise<void> => {
    grpc.drain();
    const closed = Promise.all([grpc.close(), connect.close(), tracker.stop()]);
    const cut = setTimeout(() => {
      logger.warn({ graceMs }, "calls were cut because they did not end in time");
      tracker.cut();
      grpc.destroy();
      connect.destroy();
    }, graceMs);
    // A handler that goes on after its call was cut must not hold the process: what it does is safe to lose.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, graceMs + 200).unref())]);
    clearTimeout(cut);
  };
  let stopped: Promise<void> | undefined;
  return {
    grpcAddress: grpc.address,
    connectAddress: connect.address,
    stop: (graceMs) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}
