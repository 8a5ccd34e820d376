// What Istio does where a policy says nothing, by version. Read out of Istio's source and release notes:
// - routes: pilot/pkg/networking/core/route/route.go (setTimeout) and route/retry/retry.go (the default policy, the same
//   from 1.24, when it lost 503, to 1.31);
// - hosts: pilot/pkg/networking/core/cluster_traffic_policy.go and, for connectTimeout, localityLbSetting and
//   auto mTLS, the defaults of the mesh config in pkg/config/mesh/mesh.go;
// - ejection: what an OutlierDetection leaves out is Envoy's own (api/envoy/config/cluster/v3/outlier_detection.proto),
//   except that Istio turns success rates off and sets the panic threshold to minHealthPercent, 0 where it is not said.
import type { EffectiveValues } from "./effective.ts";
import { fromDefault, type Sourced } from "./source.ts";

/** Envoy's thresholds are 32-bit numbers; Istio sets the largest where nothing is said. */
export const unlimited = 2 ** 32 - 1;

type Defaults = { readonly [Field in keyof EffectiveValues]: Sourced<EffectiveValues[Field]> };

const istio = <T>(why: string, value: T): Sourced<T> => fromDefault("istio", why, value);

/** @param version such as `1.30` or `1.28.10` */
export function istioDefaults(version: string): Defaults {
  return {
    allowed: istio("with an ALLOW policy in force, a request that none matches is denied", false),
    mtls: istio("PERMISSIVE where no PeerAuthentication is", "permissive"),
    timeoutMs: istio("a route without a timeout has none", null),
    retryAttempts: istio("2 retries where a route says nothing of them", 2),
    retryPerTryMs: istio("each try has what is left of the timeout", null),
    retryOn: istio("the conditions of a route that says nothing of retries", [
      "cancelled",
      "connect-failure",
      "refused-stream",
      "retriable-status-codes",
      "unavailable",
    ]),
    retryBackoffBaseMs: istio("Envoy's 25 ms", 25),
    retryBackoffMaxMs: istio("Envoy's ten times the first pause", 250),
    fault: istio("none", null),
    connectTimeoutMs: istio("connectTimeout of the mesh config", 10_000),
    maxRequests: istio("2³²−1", unlimited),
    maxPending: istio("2³²−1", unlimited),
    maxConnections: istio("2³²−1", unlimited),
    retryBudgetPercent: istio("no budget where retryBudget is not written", null),
    retryBudgetMinimum: istio(`minRetryConcurrency of a budget (Istio ${version})`, 3),
    maxRetries: istio("2³²−1", unlimited),
    ejectAfterGatewayErrors: istio("off where outlierDetection does not name it", null),
    ejectAfterErrors: istio("off where there is no outlierDetection", null),
    ejectIntervalMs: istio("10 s", 10_000),
    ejectBaseMs: istio("30 s", 30_000),
    ejectMaxPercent: istio("10 %", 10),
    ejectMinHealthPercent: istio("0 %: no panic routing with ejection", 0),
    loadBalancing: istio("LEAST_REQUEST", "LEAST_REQUEST"),
    locality: istio("failover only with outlierDetection", "off"),
  };
}

/**
 * The defaults that hold only because something beside them is written: a retryBudget without its percentage, an
 * outlierDetection without its thresholds, ejection without a word on locality.
 *
 * @param version such as `1.30` or `1.28.10`
 */
export function istioDefaultsBeside(
  version: string,
): Pick<Defaults, "retryBudgetPercent" | "ejectAfterErrors" | "locality"> {
  return {
    retryBudgetPercent: budgetPercent(version),
    ejectAfterErrors: istio("5 where outlierDetection does not name consecutive5xxErrors: Envoy's own", 5),
    locality: istio(
      "localityLbSetting of the mesh config is on, and outlierDetection brings it into effect",
      "failover",
    ),
  };
}

// istio#59504, mended by istio#59505 in March 2026: in 1.30.0, in 1.29.6 and 1.28.10 at the latest. Where the mending
// release is not known to the patch, the smaller budget is told: it is the one to be warned of.
const mendedIn: Readonly<Record<string, number>> = { "1.28": 10, "1.29": 6 };

function budgetPercent(version: string): Sourced<number | null> {
  const [major = "", minor = "", patch] = version.split(".");
  const line = `${major}.${minor}`;
  if (Number(minor) >= 30) return istio(`percent of a budget that does not name it (Istio ${line})`, 20);
  const mended = mendedIn[line];
  if (mended === undefined) return istio(`0.2 % instead of 20 % in all of Istio ${line} (istio#59504)`, 0.2);
  if (patch === undefined) {
    return istio(`0.2 % instead of 20 % before Istio ${line}.${mended} (istio#59504); the patch is not named`, 0.2);
  }
  return Number(patch) >= mended
    ? istio(`percent of a budget that does not name it (Istio ${line} since .${mended})`, 20)
    : istio(`0.2 % instead of 20 % before Istio ${line}.${mended} (istio#59504)`, 0.2);
}
