import { defineConfig } from "vitest/config";
import SummaryReporter from "./tools/summary-reporter.ts";

const exclude = ["**/node_modules/**", "**/gen/**", "**/store/prisma/**", "**/.ordermesh/**", "**/coverage/**"];

export default defineConfig({
  test: {
    reporters: ["default", new SummaryReporter()],
    projects: [
      {
        test: { name: "unit", include: ["**/*.unit.spec.ts"], exclude, testTimeout: 10_000 },
      },
      {
        test: {
          name: "int",
          include: ["**/*.int.spec.ts"],
          exclude,
          globalSetup: ["services/runtime/src/testing/global-postgres.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      ...[1, 2].map((replicas) => ({
        test: {
          name: replicas === 1 ? "e2e" : "e2e-replicas",
          include: ["e2e/*.e2e.spec.ts"],
          exclude,
          env: { ORDERMESH_E2E_REPLICAS: String(replicas) },
          // All files share one stack per project, and some kill its processes: one file after the other.
          globalSetup: ["e2e/stack.ts"],
          fileParallelism: false,
          sequence: { groupOrder: replicas },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      })),
    ],
  },
});
