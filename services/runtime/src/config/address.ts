import { z } from "zod";

/** Where to listen or connect. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const pattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;

/** Reads host:port, IPv6 in brackets. Returns undefined when it is not one. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = pattern.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= 65_535 ? { host, port } : undefined;
}

/** host:port, IPv6 in brackets: the inverse of {@link parseHostPort}. */
export function formatHostPort(address: HostPort): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

const hostPortAllowed = "host:port with a port of 0 to 65535, for example 127.0.0.1:7001";

/** Configuration value of one address to listen on. Port 0 takes any free port. */
export const hostPort = z
  .string()
  .transform((text, context): HostPort => {
    const address = parseHostPort(text);
    if (address) return address;
    context.addIssue({ code: "custom", message: hostPortAllowed });
    return z.NEVER;
  })
  .describe(hostPortAllowed);

const addressListAllowed = "host:port, or several separated by commas, for example 127.0.0.1:7001,127.0.0.1:7002";

/** Configuration value of the addresses of a service's replicas, as strings that an RPC transport takes. */
export const addressList = z
  .string()
  .transform((text, context): string[] => {
    const addresses = text.split(",").map((part) => parseHostPort(part));
    if (addresses.every((address) => address !== undefined && address.port > 0)) {
      return addresses.flatMap((address) => (address ? [formatHostPort(address)] : []));
    }
    context.addIssue({ code: "custom", message: addressListAllowed });
    return z.NEVER;
  })
  .describe(addressListAllowed);
