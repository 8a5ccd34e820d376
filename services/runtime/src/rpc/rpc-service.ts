import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";

/** A service and its handlers, with their types forgotten so that services of any kind fit one list. */
export interface RpcService {
  readonly service: DescService;
  readonly implementation: Partial<ServiceImpl<DescService>>;
}

/**
 * Pairs a service with handlers written against Connect's types: `(request, context) => response`. The same handlers
 * are served over gRPC and over the Connect protocol; unary and server-streaming methods are supported.
 */
export function defineRpcService<S extends DescService>(service: S, implementation: ServiceImpl<S>): RpcService {
  return { service, implementation: implementation as unknown as Partial<ServiceImpl<DescService>> };
}
