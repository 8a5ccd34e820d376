// The suites that need a real Envoy. Run by `npm run test:mesh`.
import { defineConfig } from "vitest/config";
import SummaryReporter from "./tools/summary-reporter.ts";

const exclude = ["**/node_modules/**", "**/gen/**", "**/.ordermesh/**"];

export default defineConfig({
  test: {
    reporters: ["default", new SummaryReporter()],
    projects: [
      {
        test: {
          name: "mesh",
          include: ["**/*.mesh.spec.ts"],
          exclude,
          // Proxies, and tests that measure how long something takes: one file after the other.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e-mesh",
          include: ["e2e/*.e2e.spec.ts", "e2e/mesh/*.e2e.spec.ts"],
          exclude,
          env: {
            ORDERMESH_E2E_MESH: "1",
            ORDERMESH_E2E_REPLICAS: "1",
            // A sidecar beside every process takes its share of two cores, and twice as many processes are killed.
            ORDERMESH_E2E_ORDERS_PER_SECOND: "50",
          },
          globalSetup: ["e2e/stack.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
