// A mesh of one proto, for specs in which the version of Istio or the gateway matters.
import type { Mesh } from "../mesh.ts";
import { meshOf } from "./mesh-of.ts";

export interface MeshText {
  /** Added to what every mesh.yaml has to have. */
  readonly mesh?: string;
  readonly istio?: string;
  readonly callers?: string;
  /** By file name, such as `policies/seats.yaml`. */
  readonly policies?: Readonly<Record<string, string>>;
  readonly overlay?: string;
  readonly proto: string;
}

export function meshOfText(text: MeshText): Mesh {
  const { mesh = "", istio = "1.31", callers = "callers: {}", policies = {}, overlay, proto } = text;
  return meshOf({
    protos: { "proto/shop.proto": proto },
    policies,
    callers,
    settings: [
      "namespace: shop",
      `istio: "${istio}"`,
      "environments: [dev]",
      "protos: proto",
      "limits: { amplification: 9 }",
      mesh,
    ].join("\n"),
    ...(overlay !== undefined && { overlay }),
  });
}
