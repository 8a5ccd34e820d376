import { createProgress, issueCustomerTokens, runFaults } from "@ordermesh/bench";
import { describe, expect, inject, it } from "vitest";
import { stackState } from "./processes.ts";

describe("killing every process in turn, the database too, under a steady load", () => {
  it("loses nothing, charges nobody twice and leaves the audit clean", { timeout: 300_000 }, async () => {
    const perSecond = Number(process.env["ORDERMESH_E2E_ORDERS_PER_SECOND"] ?? "100");
    const report = await runFaults({
      state: stackState,
      tokens: await issueCustomerTokens(inject("dataDir")),
      minutes: 0,
      steadySeconds: 2,
      perSecond,
      recoverTimeoutMs: 60_000,
      finalTimeoutMs: 60_000,
      progress: createProgress(process.stderr),
    });
    expect(report.failures).toEqual([]);
    expect(report.kills.map(({ process }) => process)).toContain("postgres");
    expect(report.accepted).toBeGreaterThan(perSecond * 10);
    expect(report.audit.clean).toBe(true);
  });
});
