// Values of policies in the forms that Envoy's JSON has for them.
import type { SocketAddress } from "../../../gen/envoy/envoy/config/core/v3/address.ts";
import type { FractionalPercent } from "../../../gen/envoy/envoy/type/v3/percent.ts";

/** `0.25s`, the JSON of google.protobuf.Duration. */
export const protoDuration = (ms: number): string => `${Number((ms / 1000).toFixed(9))}s`;

/** null, which is no limit, as Envoy writes it: 0 s. */
export const protoTimeout = (ms: number | null): string => protoDuration(ms ?? 0);

/** A share that may be below one percent; ten-thousandths of a percent is as fine as Istio's go. */
export const protoFraction = (percent: number): FractionalPercent => ({
  numerator: Math.round(percent * 10_000),
  denominator: "MILLION",
});

export const socketAddress = (address: string, port: number): { readonly socket_address: SocketAddress } => ({
  socket_address: { address, port_value: port },
});
