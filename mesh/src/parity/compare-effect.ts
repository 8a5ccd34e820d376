// Where a proxy differs in effect from the policies.
import type { Mesh } from "../model/mesh.ts";
import { compareInbound } from "./compare-inbound.ts";
import { type Compared, compareOutbound } from "./compare-outbound.ts";
import type { Difference } from "./difference.ts";
import type { ProxyDump } from "./read-dump.ts";
import { whichWorkload } from "./which-workload.ts";

export interface ParityReport {
  readonly workload: string;
  readonly environment: string;
  /** Calls that the workload makes; its sidecar holds their timeouts, retries, breakers and ejection. */
  readonly callsOut: number;
  /** Rights of callers on its methods; its sidecar holds them, and whether callers need a certificate. */
  readonly rightsIn: number;
  readonly differences: readonly Difference[];
}

/**
 * Compares what the sidecar of one workload does with what the policies say, whoever has configured it: this tool's own
 * bootstrap, or istiod. Only effects count, not how they are written; see sameEffect for what is treated as equal.
 * A sidecar holds half of the truth: timeouts, retries and breakers of the calls that its workload makes, and the rights
 * of those who call it.
 * @param workload as the dump's node says where nothing is said
 * @throws DumpError when it is not known whose sidecar it is
 */
export function compareEffect(mesh: Mesh, dump: ProxyDump, workload?: string): ParityReport {
  const name = workload ?? whichWorkload(mesh, dump.node);
  const outbound: Compared = compareOutbound(mesh, dump, name);
  const inbound: Compared = compareInbound(mesh, dump, name);
  return {
    workload: name,
    environment: mesh.environment,
    callsOut: outbound.count,
    rightsIn: inbound.count,
    differences: [...outbound.differences, ...inbound.differences],
  };
}
