// What a sidecar lets in: who may call what, and how callers have to show who they are.
import { chainsOf, connectionManagerOf } from "./find-route.ts";
import type { FilterChain, ProxyListener } from "./listener-shapes.ts";
import type { ProxyValues } from "./proxy-values.ts";
import { type Rbac, rbacShape, rbacType } from "./rbac-shapes.ts";
import { any, passes, principalsNamedIn, type Verdict } from "./rbac-verdict.ts";
import { type ProxyDump, readExtension } from "./read-dump.ts";
import { tlsOfChains } from "./tls-values.ts";

export interface Inbound {
  /** Names of the listeners. */
  readonly listeners: readonly string[];
  readonly mtls: ProxyValues["mtls"];
  /** Identities that the rules name one by one, sorted. */
  readonly principals: readonly string[];
  /** undefined: the rules ask for something that a dump does not tell. */
  may(principal: string, path: string): Verdict;
}

interface Entrance {
  readonly listener: ProxyListener;
  readonly chain: FilterChain;
  readonly rbac: readonly Rbac[];
}

/**
 * @param port of the workload's service; where no listener is told apart by it, all that take calls from outside count
 * @returns undefined when the proxy takes no calls from outside
 */
export function inboundOf(dump: ProxyDump, port: number): Inbound | undefined {
  const all = entrancesOf(dump);
  const ofPort = all.filter(({ listener, chain }) => portsOf(listener, chain).includes(port));
  const entrances = ofPort.length > 0 ? ofPort : all;
  if (entrances.length === 0) return undefined;
  return {
    listeners: [...new Set(entrances.map(({ listener }) => listener.name))],
    mtls: tlsOfChains(entrances.map(({ chain }) => chain)),
    principals: principalsNamedIn(entrances.flatMap(({ rbac }) => rbac)),
    // Whoever gets through one of several chains has got through.
    may: (principal, path) =>
      any(entrances, ({ rbac }) => passes(rbac, { principal, port, request: { path, authority: "" } })),
  };
}

function entrancesOf(dump: ProxyDump): Entrance[] {
  return dump.listeners
    .filter(({ traffic_direction: direction }) => direction === "INBOUND")
    .flatMap((listener) =>
      chainsOf(listener).flatMap((chain): Entrance[] => {
        const manager = connectionManagerOf(chain);
        if (manager === undefined) return [];
        const rbac = manager.http_filters.flatMap(({ typed_config: config }) => {
          const rules = readExtension(config, rbacType, rbacShape);
          return rules === undefined ? [] : [rules];
        });
        return [{ listener, chain, rbac }];
      }),
    );
}

/** A listener that takes every port tells them apart by its chains. */
function portsOf({ address }: ProxyListener, { filter_chain_match: match }: FilterChain): number[] {
  const { destination_port: port } = match ?? {};
  return port === undefined ? [address?.socket_address?.port_value ?? 0] : [port];
}
