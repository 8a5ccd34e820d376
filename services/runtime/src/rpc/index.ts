export { type CallContextOptions, createCallContext } from "./call-context.ts";
export { callerOf, correlationIdOf, idempotencyKeyOf, traceparentOf } from "./call-info.ts";
export { createGrpcTransport, type GrpcTransport, type GrpcTransportOptions } from "./grpc-transport.ts";
export { validateMessage, warmValidation } from "./request-validation.ts";
export { type RpcServer, type RpcServerOptions, startRpcServer } from "./rpc-server.ts";
export { defineRpcService, type RpcService } from "./rpc-service.ts";
