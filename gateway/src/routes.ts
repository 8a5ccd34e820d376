// The routes of all services, worked out once: everything that a request needs and that does not depend on it.
import { type DescMethod, type DescService, getOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Transport } from "@connectrpc/connect";
import { method_policy } from "@ordermesh/proto/common";
import { warmValidation } from "@ordermesh/runtime/rpc";
import { type HttpBinding, httpBindings } from "./transcoding/http-bindings.ts";
import { type LocationWriter, locationWriter } from "./transcoding/location.ts";
import { RequestBinder } from "./transcoding/request-binder.ts";
import { type ResponseWriter, responseWriter } from "./transcoding/response-writer.ts";
import { RouteTree } from "./transcoding/route-tree.ts";

/** A service and the way to it. */
export interface Upstream {
  readonly service: DescService;
  readonly transport: Transport;
}

export interface Route {
  readonly method: DescMethod;
  readonly transport: Transport;
  readonly binder: RequestBinder;
  readonly takesBody: boolean;
  readonly scope: string;
  readonly needsIdempotencyKey: boolean;
  readonly successStatus: number;
  readonly location: LocationWriter | undefined;
  readonly write: ResponseWriter;
}

function routeOf(binding: HttpBinding, transport: Transport): Route {
  const { method } = binding;
  const policy = getOption(method, method_policy);
  // A method without a scope would be open to every token; that must be said in its proto, not forgotten.
  if (policy.scope === "") throw new Error(`${method}: (ordermesh.common.v1.method_policy).scope is not set`);
  const { successStatus } = policy;
  if (successStatus !== 0 && (successStatus < 200 || successStatus > 299)) {
    throw new Error(`${method}: success_status ${successStatus} is not in 200 to 299`);
  }
  return {
    method,
    transport,
    binder: new RequestBinder(binding),
    takesBody: binding.body !== undefined,
    scope: policy.scope,
    needsIdempotencyKey: method.idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN,
    successStatus: successStatus || 200,
    location: policy.location === "" ? undefined : locationWriter(method, policy.location),
    write: responseWriter(binding),
  };
}

/** Builds the routes of every method with a google.api.http option. Throws all faults of the annotations at once. */
export function buildRoutes(upstreams: readonly Upstream[]): RouteTree<Route> {
  const tree = new RouteTree<Route>();
  const faults: string[] = [];
  for (const { service, transport } of upstreams) {
    for (const method of service.methods) {
      try {
        for (const binding of httpBindings(method)) {
          tree.add(binding.httpMethod, binding.template, routeOf(binding, transport));
          warmValidation(method.input);
        }
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  if (faults.length > 0) throw new Error(`the REST annotations are not usable:\n${faults.join("\n")}`);
  return tree;
}
