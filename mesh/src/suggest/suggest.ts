// Proposals for everything that was measured.
import type { Mesh } from "../model/mesh.ts";
import { countOf } from "./histogram.ts";
import type { Measured, Measurement } from "./measured.ts";
import type { Proposal, Refusal, Wishes } from "./proposal.ts";
import { proposeHost } from "./propose-host.ts";
import { proposeMethod } from "./propose-method.ts";

export interface Suggestions {
  readonly environment: string;
  readonly proposals: readonly Proposal[];
  readonly refusals: readonly Refusal[];
  readonly ignored: readonly string[];
  readonly measured: readonly {
    readonly caller: string;
    readonly service: string;
    readonly method: string | undefined;
    readonly requests: number;
    readonly peakPerSecond: number;
  }[];
}

/** Proposes values and writes nothing; services and methods in the order in which they were measured. */
export function suggest(mesh: Mesh, { measured, ignored }: Measurement, wishes: Wishes): Suggestions {
  const services = Map.groupBy(measured.filter(wasCalled), ({ service }) => service);
  const found = [...services].flatMap(([service, ofService]) => [
    ...[...Map.groupBy(ofService, ({ method }) => method).values()].map((ofMethod) =>
      proposeMethod(mesh, ofMethod, wishes),
    ),
    proposeHost(mesh, service, ofService, wishes),
  ]);
  return {
    environment: mesh.environment,
    proposals: found.flatMap(({ proposals }) => proposals),
    refusals: found.flatMap(({ refusals }) => refusals),
    ignored,
    measured: measured.map(({ caller, service, method, latency, peakPerSecond }) => ({
      ...{ caller, service, method, peakPerSecond },
      requests: Math.round(countOf(latency)),
    })),
  };
}

// Proxies keep counters of methods that nobody called.
const wasCalled = ({ latency }: Measured): boolean => countOf(latency) > 0;
