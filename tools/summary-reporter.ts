// Prints the closing line of a test run, for people and for CI: how many tests passed, failed and were skipped.
import { appendFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed" || state === "failed") counts[state]++;
        else counts.skipped++;
      }
      // A file that does not even load, or a hook that throws, is a failure that no test counts.
      if (module.state() === "failed" && [...module.children.allTests("failed")].length === 0) counts.failed++;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
    const totals = process.env["ORDERMESH_TEST_TOTALS"];
    if (totals) appendFileSync(totals, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
  }
}
