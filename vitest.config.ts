import { defineConfig } from "vitest/config";
import SummaryReporter from "./tools/summary-reporter.ts";

const exclude = ["**/node_modules/**", "**/gen/**", "**/store/prisma/**", "**/.ordermesh/**", "**/coverage/**"];

/** The end-to-end suite on more and more: each on a stack of its own, one after the other. */
const stacks = [
  { name: "e2e", replicas: 1, shards: 1, more: [] },
  { name: "e2e-shards-2", replicas: 2, shards: 2, more: [] },
  {
    name: "e2e-shards-4",
    replicas: 1,
    shards: 4,
    more: ["e2e/shards/*.e2e.spec.ts", "e2e/rebuild/notification.e2e.spec.ts"],
  },
];

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
      ...stacks.map(({ name, replicas, shards, more }, index) => ({
        test: {
          name,
          include: ["e2e/*.e2e.spec.ts", ...more],
          exclude,
          env: { ORDERMESH_E2E_REPLICAS: String(replicas), ORDERMESH_E2E_SHARDS: String(shards) },
          // All files share one stack per project, and some kill its processes: one file after the other.
          globalSetup: ["e2e/stack.ts"],
          fileParallelism: false,
          sequence: { groupOrder: index + 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      })),
      {
        test: {
          name: "e2e-degradation",
          include: ["e2e/degradation/*.e2e.spec.ts"],
          exclude,
          // Each file starts a stack of its own, whose processes it holds down.
          fileParallelism: false,
          sequence: { groupOrder: stacks.length + 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
