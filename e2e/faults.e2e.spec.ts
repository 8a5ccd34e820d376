import { runAudit, runFaults } from "@ordermesh/bench";
import { describe, expect, inject, it } from "vitest";

describe("killing one process after the other under load", () => {
  it("loses nothing and charges nobody twice", { timeout: 180_000 }, async () => {
    const report = await runFaults({ dataDir: inject("dataDir"), ordersPerSecond: 100, short: true });
    expect(report.accepted).toBeGreaterThan(1_000);
    expect(report.lost).toEqual([]);
    const audit = await runAudit({ dataDir: inject("dataDir") });
    expect(audit.failures).toEqual([]);
  });
});
