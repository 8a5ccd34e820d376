// Errors and delays that a policy puts in on purpose.
import type { HTTPFault } from "../../../gen/envoy/envoy/extensions/filters/http/fault/v3/fault.ts";
import type { HttpFilter } from "../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts";
import type { Fault } from "../../model/effective.ts";
import { grpcStatuses } from "../../model/grpc-status.ts";
import { EnvoyRenderError } from "./placement.ts";
import { protoDuration, protoFraction } from "./proto-values.ts";

const type = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault";

/** Does nothing by itself; routes say what to do. */
export const faultFilter: HttpFilter = { name: "envoy.filters.http.fault", typed_config: { "@type": type } };

/** What a route says under the filter's name. */
export function faultOfRoute({ abort, delay }: Fault): HTTPFault & { readonly "@type": typeof type } {
  return {
    "@type": type,
    ...(delay && { delay: { fixed_delay: protoDuration(delay.fixedMs), percentage: protoFraction(delay.percent) } }),
    ...(abort && { abort: { grpc_status: codeOf(abort.status), percentage: protoFraction(abort.percent) } }),
  };
}

function codeOf(status: string): number {
  const names: readonly string[] = grpcStatuses;
  const code = names.indexOf(status);
  if (code < 0) throw new EnvoyRenderError(`fault.abort.status is "${status}"; allowed: ${grpcStatuses.join(", ")}`);
  return code;
}
