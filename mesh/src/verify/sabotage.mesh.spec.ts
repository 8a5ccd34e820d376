// Each check can fail: a proxy that is configured wrongly makes that check fail, and no other.
import { type EnvoyInstallation, installEnvoy } from "@ordermesh/engines/envoy";
import { beforeAll, expect, test } from "vitest";
import type { Mesh } from "../model/mesh.ts";
import { type Alter, envoyBeds } from "./bed/envoy-bed.ts";
import { hasFailed } from "./check.ts";
import { checks } from "./checks/registry.ts";
import { runCheck } from "./run-check.ts";
import { depotMesh } from "./testing/depot-mesh.ts";
import {
  retriesOn,
  withFullBudget,
  withHigherBreaker,
  withLongerTimeouts,
  withOptionalTls,
  withoutEjection,
  withoutRbac,
  withoutRetryPolicies,
} from "./testing/sabotage.ts";

let installation: EnvoyInstallation;
let mesh: Mesh;

beforeAll(async () => {
  installation = await installEnvoy();
  mesh = await depotMesh();
});

/** By check, what failed: it is what a person wants to see where an unexpected check does. */
async function failingChecks(alter: Alter): Promise<Map<string, unknown>> {
  const { start } = envoyBeds({ installation, alter });
  const failed = new Map<string, unknown>();
  for (const check of checks) {
    const result = await runCheck(check, { mesh, startBed: start, timeLapse: 10 });
    expect(result.error, check.name).toBeUndefined();
    if (hasFailed(result)) {
      const findings = result.findings.filter(({ verdict }) => verdict === "failed");
      failed.set(check.name, { stallMs: result.stallMs, repeated: result.repeated, findings });
    }
  }
  return failed;
}

test("proxies as they are rendered pass every check, and nothing is left out", async () => {
  const { start } = envoyBeds({ installation });
  for (const check of checks) {
    const { findings } = await runCheck(check, { mesh, startBed: start, timeLapse: 10 });
    expect(findings.length).toBeGreaterThan(0);
    expect(
      findings.filter(({ verdict }) => verdict !== "passed"),
      check.name,
    ).toEqual([]);
  }
});

/** Each mistake is in a part of its own: several at once must fail their own checks, and no other. */
const mistakes: readonly (readonly [what: string, alters: readonly Alter[], failing: readonly string[]])[] = [
  [
    "retries on a method that must not be repeated, a breaker with a higher limit, no authorization",
    [retriesOn("/lab.depot.v1.DepotService/Ship"), withHigherBreaker, withoutRbac],
    ["once", "breaker", "authz"],
  ],
  [
    "longer timeouts, a retry budget of 100 %, no ejection, client certificates that are optional",
    [withLongerTimeouts, withFullBudget, withoutEjection, withOptionalTls],
    ["timeouts", "budget", "ejection", "identity"],
  ],
  // Without a retry nothing can be said of the budget, the forms of errors or the tries of a timeout either.
  ["no retries at all", [withoutRetryPolicies], ["trailers", "retries", "timeouts", "budget"]],
];

test.for(mistakes)("%s: exactly the checks for it fail", async ([, alters, failing]) => {
  const failed = await failingChecks((bootstrap, instance) =>
    alters.reduce((altered, alter) => alter(altered, instance), bootstrap),
  );
  expect([...failed.keys()], JSON.stringify([...failed], undefined, 1)).toEqual(failing);
});
