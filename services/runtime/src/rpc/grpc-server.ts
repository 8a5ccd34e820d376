import type { DescMethod } from "@bufbuild/protobuf";
import { type MethodDefinition, Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { formatHostPort, type HostPort } from "../config/index.ts";
import { streamHandler, unaryHandler } from "./grpc-handlers.ts";
import { addHealth } from "./health.ts";
import { methodDefinition } from "./method-definition.ts";
import type { MethodPlan } from "./method-plan.ts";
import type { Pipeline } from "./pipeline.ts";
import { addReflection } from "./reflection.ts";
import type { RpcService } from "./rpc-service.ts";

export interface GrpcServer {
  readonly address: HostPort;
  /** Health answers NOT_SERVING from now on. */
  drain(): void;
  /** Takes no new calls; resolves when those under way have ended. */
  close(): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
}

export interface GrpcServerOptions {
  services: readonly RpcService[];
  plans: readonly MethodPlan[];
  pipeline: Pipeline;
  listen: HostPort;
  ready(): boolean;
}

const maxMessageBytes = 4 * 1024 * 1024;

/** Serves the planned methods, health and reflection over gRPC. Rejects when the address cannot be listened on. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { services, plans, pipeline, listen } = options;
  const server = new Server({
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  });
  for (const { service } of services) {
    const own = plans.filter((plan) => plan.method.parent === service);
    const definition = Object.fromEntries(own.map((plan) => [plan.method.localName, serverDefinition(plan.method)]));
    const handlers: UntypedServiceImplementation = {};
    for (const plan of own) {
      handlers[plan.method.localName] =
        plan.kind === "unary" ? unaryHandler(plan, pipeline) : streamHandler(plan, pipeline);
    }
    server.addService(definition, handlers);
  }
  const descriptors = services.map(({ service }) => service);
  const health = addHealth(
    server,
    pipeline.tracker,
    descriptors.map((service) => service.typeName),
    options.ready,
  );
  addReflection(server, pipeline.tracker, descriptors);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(formatHostPort(listen), ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(new Error(`cannot listen on ${formatHostPort(listen)} for gRPC`, { cause: error }));
      else resolve(bound);
    });
  });
  return {
    address: { host: listen.host, port },
    drain: () => health.stop(),
    close: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
    destroy: () => server.forceShutdown(),
  };
}

/** The handlers encode their responses themselves. */
function serverDefinition(method: DescMethod): MethodDefinition<unknown, unknown> {
  return { ...methodDefinition(method), responseSerialize: (response) => response as Buffer };
}
