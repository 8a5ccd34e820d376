// For other suites: the commands as functions.
export { type AuditOptions, type AuditReport, runAudit } from "./audit/audit.ts";
export { formatAudit } from "./audit/print-report.ts";
export { type Conclusion, conclude, lossesOf } from "./faults/conclude.ts";
export { type FaultOptions, type FaultReport, runFaults } from "./faults/faults.ts";
export { formatFaults } from "./faults/print-report.ts";
export { type SteadyLoad, startSteadyLoad } from "./faults/steady-load.ts";
export { issueCustomerTokens } from "./load/customers.ts";
export { type LoadOptions, runLoad } from "./load/load.ts";
export type { LoadReport } from "./load/report.ts";
export { createProgress, type Progress } from "./progress.ts";
