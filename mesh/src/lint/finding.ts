// What a rule finds, and what a rule is.
import type { CodeCalls } from "../code-calls/code-calls.ts";
import type { Mesh } from "../model/mesh.ts";

export type Severity = "error" | "warning";

/** What a finding is about; the parts that apply. */
export interface Subject {
  /** Full name of the gRPC service. */
  readonly service?: string;
  readonly method?: string;
  readonly caller?: string;
}

/** What a rule hands back; its code and severity are added by the runner. */
export interface Found extends Subject {
  /** Relative to the mesh folder. */
  readonly file: string;
  readonly line: number;
  /** What is wrong, with the numbers and the arithmetic. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/** A finding as it is told: once for all methods and environments in which it is the same. */
export interface Finding extends Omit<Found, "method"> {
  readonly code: string;
  readonly severity: Severity;
  /** Empty where it is about a service or a caller as a whole. */
  readonly methods: readonly string[];
  readonly environments: readonly string[];
}

/** A finding that somebody accepted. */
export interface SuppressedFinding extends Finding {
  readonly reason: string;
}

export interface LintResult {
  /** By file and line. */
  readonly findings: readonly Finding[];
  readonly suppressed: readonly SuppressedFinding[];
  /** Those that were looked at. */
  readonly environments: readonly string[];
}

export interface LintInput {
  readonly mesh: Mesh;
  readonly codeCalls: CodeCalls;
}

/** A rule with what `mesh lint --explain` tells of it. */
export interface Rule {
  /** `MESH-` and three digits; never used again for another meaning. */
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** Why it matters, and what happens in production. */
  readonly why: string;
  readonly wrong: string;
  readonly right: string;
  readonly sources: readonly string[];
  readonly check: (input: LintInput) => readonly Found[];
}

/** `cinema.seats.v1.SeatService/HoldSeats`, `booking → …`, or `caller web`. */
export function describeSubject({ caller, service, methods }: Pick<Finding, "caller" | "service" | "methods">): string {
  const names = methods.length === 0 ? "" : `/${methods.join(", ")}`;
  if (service === undefined) return caller === undefined ? "" : `caller ${caller}${names}`;
  return caller === undefined ? `${service}${names}` : `${caller} → ${service}${names}`;
}

/** Pages that many rules refer to. */
export const references = {
  virtualService: "https://istio.io/latest/docs/reference/config/networking/virtual-service/",
  destinationRule: "https://istio.io/latest/docs/reference/config/networking/destination-rule/",
  router: "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter",
  outlier: "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier",
  breaking: "https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking",
  protocol: "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
  authorization: "https://istio.io/latest/docs/reference/config/security/authorization-policy/",
  cascading: "https://sre.google/sre-book/addressing-cascading-failures/",
  overload: "https://sre.google/sre-book/handling-overload/",
  statusCodes: "https://grpc.io/docs/guides/status-codes/",
  deadlines: "https://grpc.io/docs/guides/deadlines/",
} as const;
