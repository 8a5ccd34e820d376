// The suites that need a real Istio. Run by `npm run test:istio`.
import { defineConfig } from "vitest/config";
import SummaryReporter from "./tools/summary-reporter.ts";

export default defineConfig({
  test: {
    name: "istio",
    include: ["**/*.istio.spec.ts"],
    exclude: ["**/node_modules/**", "**/gen/**", "**/.ordermesh/**"],
    reporters: ["default", new SummaryReporter()],
    // A control plane and proxies, and tests that measure how long something takes: one file after the other.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
