// Ejections that never come, come too late, or take too much.
import { formatDuration } from "../../files/values.ts";
import type { Effective } from "../../model/effective.ts";
import type { Mesh } from "../../model/mesh.ts";
import type { Sourced } from "../../model/source.ts";
import { type Rule, references } from "../finding.ts";
import { type Place, servicesInEffect } from "../methods.ts";

interface Ejecting {
  readonly service: string;
  readonly hosts: number;
  readonly effective: Effective;
  readonly threshold: Sourced<number | null>;
  readonly placeOf: (sourced: Sourced<unknown>) => Place;
}

function ejecting(mesh: Mesh): Ejecting[] {
  return servicesInEffect(mesh).flatMap(({ service, policy, effective, placeOf }) => {
    const { ejectAfterErrors, ejectAfterGatewayErrors } = effective;
    if (ejectAfterErrors.value === null && ejectAfterGatewayErrors.value === null) return [];
    const threshold = ejectAfterGatewayErrors.value === null ? ejectAfterErrors : ejectAfterGatewayErrors;
    return [{ service, hosts: policy.replicas, effective, threshold, placeOf }];
  });
}

/** Most hosts that may be out at once. Envoy: 100·(ejected + 1)/hosts must not pass the maximum. */
const mostEjected = (hosts: number, maxPercent: number): number => Math.floor((hosts * maxPercent) / 100 + 1e-9);

const share = (part: number, whole: number): string => `${Math.round((1000 * part) / whole) / 10}%`;

export const neverEjects: Rule = {
  code: "MESH-040",
  severity: "error",
  title: "Ejection that can never happen at the number of replicas",
  why: "Envoy ejects a host only if 100·(ejected + 1)/hosts stays within the maximum. Istio's default of 10 % ejects nothing below ten hosts. Envoy's older versions ejected one host regardless, so a policy that worked once stopped to without a word.",
  wrong: "replicas: { live: 4 }\nejection: { after: 5 errors, max: 20% }",
  right: "replicas: { live: 4 }\nejection: { after: 5 errors, max: 50% }",
  sources: [
    "https://github.com/envoyproxy/envoy/pull/27909",
    "https://github.com/envoyproxy/envoy/issues/3263",
    references.outlier,
  ],
  check: ({ mesh }) =>
    ejecting(mesh)
      .filter(({ hosts, effective }) => hosts > 1 && mostEjected(hosts, effective.ejectMaxPercent.value) === 0)
      .map(({ service, hosts, effective: { ejectMaxPercent: max }, placeOf }) => ({
        ...placeOf(max),
        service,
        message: `no host is ever ejected: one of ${hosts} is 100·(0+1)/${hosts} = ${share(1, hosts)}, and ${max.value}% is the most${max.source.kind === "default" ? " (Istio's default)" : ""}`,
        fix: `write max: ${Math.ceil(100 / hosts)}% or more, or more replicas`,
      })),
};

export const nothingToEjectTo: Rule = {
  code: "MESH-041",
  severity: "warning",
  title: "Ejection with a single replica",
  why: "There is no other host to send to. With a maximum below 100 % the ejection never happens; with 100 % it turns the errors of one host into no healthy upstream for everyone until its time is over.",
  wrong: "replicas: { dev: 1 }\nejection: { after: 5 errors, max: 100% }",
  right: "# overlays/dev.yaml\nservices: { cinema.seats.v1.SeatService: { ejection: none } }",
  sources: ["https://github.com/envoyproxy/envoy/issues/17504", references.outlier],
  check: ({ mesh }) =>
    ejecting(mesh)
      .filter(({ hosts }) => hosts === 1)
      .map(({ service, effective: { ejectMaxPercent: max }, threshold, placeOf }) => ({
        ...placeOf(threshold),
        service,
        message: `one replica: ${max.value < 100 ? `it is never ejected (100·1/1 = 100%, and ${max.value}% is the most)` : "once it is ejected nothing is left to call"}`,
        fix: "write ejection: none for this environment (overlays/), or a second replica",
      })),
};

export const mayEjectAll: Rule = {
  code: "MESH-042",
  severity: "warning",
  title: "Every host may be ejected",
  why: "A failing database makes all hosts fail, and all are ejected one after the other; with a minHealth of 0 % there is no panic routing, and every call is answered no healthy upstream until the first time is over. Ejection is for single bad hosts.",
  wrong: "ejection: { after: 5 errors, max: 100% }",
  right: "ejection: { after: 5 errors, max: 50% }",
  sources: ["https://github.com/istio/istio/issues/20135", "https://github.com/envoyproxy/envoy/issues/27066"],
  check: ({ mesh }) =>
    ejecting(mesh)
      .filter(({ hosts, effective }) => hosts > 1 && mostEjected(hosts, effective.ejectMaxPercent.value) >= hosts)
      .filter(({ effective }) => effective.ejectMinHealthPercent.value === 0)
      .map(({ service, hosts, effective: { ejectMaxPercent: max }, placeOf }) => ({
        ...placeOf(max),
        service,
        message: `all ${hosts} hosts may be out at once (${max.value}% of ${hosts} = ${mostEjected(hosts, max.value)}), and then every call fails`,
        fix: `write max: ${Math.floor((100 * (hosts - 1)) / hosts)}% or less, or a minHealth above 0%`,
      })),
};

export const gatewayThresholdHidden: Rule = {
  code: "MESH-043",
  severity: "warning",
  title: "A threshold of gateway errors at or above that of all errors",
  why: "Every gateway error also counts as an error, so the lower or equal threshold of errors always comes first: the one of gateway errors never ejects anything, and INTERNAL of one bad request ejects hosts that it was meant to spare.",
  wrong: "ejection: { after: [5 gateway errors, 5 errors] }",
  right: "ejection: { after: [3 gateway errors, 10 errors] }",
  sources: ["https://github.com/istio-ecosystem/admiral/pull/288", references.destinationRule],
  check: ({ mesh }) =>
    ejecting(mesh).flatMap(({ service, effective, placeOf }) => {
      const { ejectAfterErrors: errors, ejectAfterGatewayErrors: gateway } = effective;
      if (errors.value === null || gateway.value === null || gateway.value < errors.value) return [];
      return [
        {
          ...placeOf(gateway),
          service,
          message: `${gateway.value} gateway errors are ${gateway.value} errors too, and ${errors.value} of those eject already`,
          fix: `write fewer than ${errors.value} gateway errors, or only one of the two`,
        },
      ];
    }),
};

/** Calls of one proxy to one host, on average, until a host that fails this share has failed so often in a row. */
const callsUntil = (inARow: number, failing: number): number => (failing ** -inARow - 1) / (1 - failing);
const tooManyCalls = 1_000;

export const partialFailureUnseen: Rule = {
  code: "MESH-044",
  severity: "warning",
  title: "A host that fails partly is practically never ejected",
  why: "Every success between two failures sets the count of consecutive errors back to zero. A host with one broken dependency, or one bad method among good ones, fails a part of its calls for hours. What detects it: a low threshold, Envoy's failure_percentage_threshold or success rate (by EnvoyFilter, or in Istio's API where it has it), and an alert on errors by host.",
  wrong: "ejection: { after: 20 errors }",
  right: "ejection: { after: 5 errors }",
  sources: [
    "https://github.com/envoyproxy/envoy/issues/8105",
    "https://github.com/istio/api/pull/3766",
    references.outlier,
  ],
  check: ({ mesh }) =>
    ejecting(mesh).flatMap(({ service, effective, placeOf }) => {
      const { ejectAfterErrors: errors, ejectAfterGatewayErrors: gateway } = effective;
      const lowest = (gateway.value ?? Infinity) <= (errors.value ?? Infinity) ? gateway : errors;
      const inARow = lowest.value ?? 0;
      const half = callsUntil(inARow, 1 / 2);
      if (half <= tooManyCalls) return [];
      const third = callsUntil(inARow, 1 / 3);
      return [
        {
          ...placeOf(lowest),
          service,
          message: `${inARow} in a row: a host that fails half of its calls is ejected after 2^${inARow + 1} − 2 = ${count(half)} calls of one proxy on average, one that fails every third after ${count(third)}`,
          fix: "write a threshold of 5 or less, and alert on the share of errors by host (or set failure_percentage_threshold by an EnvoyFilter)",
        },
      ];
    }),
};

const count = (calls: number): string => Math.round(calls).toLocaleString("en");

export const ejectionTooShort: Rule = {
  code: "MESH-045",
  severity: "warning",
  title: "An ejection shorter than the interval at which hosts return",
  why: "Hosts are looked at only every interval: one whose time is over stays out until the next look. The first ejection then lasts an interval, and not what base says.",
  wrong: "ejection: { after: 5 errors, interval: 30s, base: 10s }",
  right: "ejection: { after: 5 errors, interval: 5s, base: 15s }",
  sources: [references.outlier],
  check: ({ mesh }) =>
    ejecting(mesh)
      .filter(({ effective }) => effective.ejectBaseMs.value < effective.ejectIntervalMs.value)
      .map(({ service, effective: { ejectBaseMs: base, ejectIntervalMs: interval }, placeOf }) => ({
        ...placeOf(base),
        service,
        message: `out for ${formatDuration(base.value)}, but looked at every ${formatDuration(interval.value)} only: the first ejection lasts up to ${formatDuration(interval.value)} and longer`,
        fix: `write an interval of at most ${formatDuration(base.value)}`,
      })),
};

export const minHealthUndoes: Rule = {
  code: "MESH-046",
  severity: "error",
  title: "The first ejection switches ejection off",
  why: "When the share of healthy hosts falls below minHealth, the proxy sends to all hosts again, ejected ones included. With few replicas one ejection is enough for that, so the bad host keeps its share of the calls.",
  wrong: "replicas: { live: 2 }\nejection: { max: 50%, minHealth: 60% }",
  right: "replicas: { live: 2 }\nejection: { max: 50% }",
  sources: ["https://github.com/istio/istio/issues/24077", references.destinationRule],
  check: ({ mesh }) =>
    ejecting(mesh)
      .filter(({ hosts, effective }) => hosts > 1 && mostEjected(hosts, effective.ejectMaxPercent.value) > 0)
      .filter(({ hosts, effective }) => (100 * (hosts - 1)) / hosts < effective.ejectMinHealthPercent.value)
      .map(({ service, hosts, effective: { ejectMinHealthPercent: minimum }, placeOf }) => ({
        ...placeOf(minimum),
        service,
        message: `with one of ${hosts} out, ${share(hosts - 1, hosts)} are healthy, below minHealth ${minimum.value}%: the ejected host is called again at once`,
        fix: `write minHealth: ${Math.floor((100 * (hosts - 1)) / hosts)}% or less`,
      })),
};

export const failoverWithoutEjection: Rule = {
  code: "MESH-047",
  severity: "error",
  title: "Failover between zones without ejection",
  why: "A proxy leaves the nearest zone only when it holds hosts there for unhealthy, and ejection is what tells it so. Istio applies failover only where outlierDetection is set; without it all zones are called alike.",
  wrong: "locality: failover\nejection: none",
  right: "locality: failover\nejection: { after: 5 gateway errors, interval: 5s, base: 15s, max: 50% }",
  sources: ["https://github.com/istio/istio/issues/48084", "https://github.com/istio/istio/issues/12961"],
  check: ({ mesh }) => {
    const ejects = new Set(ejecting(mesh).map(({ service }) => service));
    return [...mesh.services].flatMap(([service, { policy, overlay }]) => {
      const changed = overlay?.value.services[service]?.locality;
      if ((changed ?? policy.value.locality) !== "failover" || ejects.has(service)) return [];
      const place = changed === undefined ? undefined : overlay?.at(["services", service, "locality"]);
      return [
        {
          ...(place ?? policy.at(["locality"])),
          service,
          message: "failover is written, and no ejection: Istio leaves failover out, and calls go to all zones",
          fix: "write an ejection, or locality: off",
        },
      ];
    });
  },
};

export const silentFailover: Rule = {
  code: "MESH-048",
  severity: "warning",
  title: "Ejection that silently keeps calls in one zone",
  why: "Istio's locality setting is on by default and waits for ejection: as soon as a service has it, every proxy calls the hosts of its own zone only, as long as one of them is healthy. Who adds ejection to get rid of bad hosts finds some replicas idle and others overloaded.",
  wrong: "ejection: { after: 5 gateway errors, max: 50% }  # and not a word of locality",
  right: "ejection: { after: 5 gateway errors, max: 50% }\nlocality: off",
  sources: ["https://github.com/istio/istio/issues/23914", "https://github.com/istio/istio.io/pull/17324"],
  check: ({ mesh }) =>
    ejecting(mesh)
      .filter(({ effective: { locality } }) => locality.value === "failover" && locality.source.kind === "default")
      .map(({ service, threshold, placeOf }) => ({
        ...placeOf(threshold),
        service,
        message: "ejection is written and locality is not: Istio then calls hosts of the caller's own zone only",
        fix: "write locality: off, or locality: failover where that is meant",
      })),
};
