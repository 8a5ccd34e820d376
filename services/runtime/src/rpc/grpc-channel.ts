import { isIPv4, isIPv6 } from "node:net";
import {
  Channel,
  type ChannelCredentials,
  type ChannelInterface,
  type ChannelOptions,
  credentials,
} from "@grpc/grpc-js";
import { formatHostPort, type HostPort, parseHostPort } from "../config/index.ts";

/** Services restart on the same port within a second or so; waiting longer between attempts only loses calls. */
const reconnectMs = { first: 100, longest: 1000 };

const options: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.enable_retries": 0,
  "grpc.initial_reconnect_backoff_ms": reconnectMs.first,
  "grpc.max_reconnect_backoff_ms": reconnectMs.longest,
  "grpc.dns_min_time_between_resolutions_ms": 1000,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 3000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  "grpc.service_config_disable_resolution": 1,
};

/** Opens a channel over all replicas at `addresses`, used in turn. Connects when first used. */
export function openChannel(
  addresses: readonly string[],
  channelCredentials: ChannelCredentials = credentials.createInsecure(),
): ChannelInterface {
  return new Channel(channelTarget(addresses), channelCredentials, options);
}

/**
 * The grpc-js target of a list of host:port. Several have to be IP addresses of one family (localhost counts as
 * 127.0.0.1), since a target names either addresses or one DNS name; one DNS name may stand for several replicas.
 */
export function channelTarget(addresses: readonly string[]): string {
  const parsed = addresses.map(parseAddress);
  const [only] = parsed;
  if (only === undefined) throw new TypeError("addresses: given none, allowed one or more of host:port");
  if (parsed.every(({ host }) => isIPv4(host))) return `ipv4:${parsed.map(formatHostPort).join(",")}`;
  if (parsed.every(({ host }) => isIPv6(host))) return `ipv6:${parsed.map(formatHostPort).join(",")}`;
  if (parsed.length === 1) return `dns:${formatHostPort(only)}`;
  const given = addresses.join(",");
  throw new TypeError(`addresses: given ${given}, allowed one DNS name, or several IP addresses of one family`);
}

function parseAddress(text: string): HostPort {
  const address = parseHostPort(text);
  if (!address) throw new TypeError(`addresses: given ${JSON.stringify(text)}, allowed host:port`);
  return address.host === "localhost" ? { host: "127.0.0.1", port: address.port } : address;
}
