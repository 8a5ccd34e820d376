// All checks, in the order in which they run and are reported.
import type { Check } from "../check.ts";
import { authzCheck } from "./authz.ts";
import { breakerCheck } from "./breaker.ts";
import { budgetCheck } from "./budget.ts";
import { ejectionCheck } from "./ejection.ts";
import { identityCheck } from "./identity.ts";
import { onceCheck } from "./once.ts";
import { retriesCheck } from "./retries.ts";
import { timeoutsCheck } from "./timeouts.ts";
import { trailersCheck } from "./trailers.ts";

export const checks: readonly Check[] = [
  trailersCheck,
  retriesCheck,
  onceCheck,
  timeoutsCheck,
  breakerCheck,
  budgetCheck,
  ejectionCheck,
  authzCheck,
  identityCheck,
];
