// What is logged of calls: those that failed or were refused.
import type { Mesh } from "../../model/mesh.ts";
import { metadata, type Telemetry } from "./resource.ts";

/** `envoy`, the log to standard output, is a provider of every mesh config; metrics and traces keep their defaults. */
export function failedCallsLog(mesh: Mesh): Telemetry {
  return {
    apiVersion: "telemetry.istio.io/v1",
    kind: "Telemetry",
    metadata: metadata(mesh, "default"),
    spec: {
      accessLogging: [
        {
          providers: [{ name: "envoy" }],
          filter: { expression: "response.code >= 400 || response.grpc_status != 0" },
        },
      ],
    },
  };
}
