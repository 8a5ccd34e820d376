// The suites that need engines: real Kafka brokers and a real Redis. Run by `npm run test:engines`.
import { defineConfig } from "vitest/config";
import SummaryReporter from "./tools/summary-reporter.ts";

const exclude = ["**/node_modules/**", "**/gen/**", "**/store/prisma/**", "**/.ordermesh/**", "**/coverage/**"];

export default defineConfig({
  test: {
    reporters: ["default", new SummaryReporter()],
    projects: [
      {
        test: {
          name: "engines",
          include: ["**/*.engines.spec.ts"],
          exclude,
          globalSetup: ["services/runtime/src/testing/global-postgres.ts"],
          // Brokers are many threads, and some tests measure how long a recovery takes: one file after the other.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      ...[1, 3].map((brokers) => ({
        test: {
          name: `e2e-kafka-${brokers}`,
          include: [
            "e2e/*.e2e.spec.ts",
            "e2e/kafka/*.e2e.spec.ts",
            // Once is enough: the number of brokers is nothing to it.
            ...(brokers === 1 ? ["e2e/rebuild/*.e2e.spec.ts"] : []),
          ],
          exclude,
          env: {
            ORDERMESH_E2E_BROKERS: String(brokers),
            ORDERMESH_E2E_REPLICAS: "1",
            ORDERMESH_E2E_SHARDS: brokers === 1 ? "2" : "4",
            ORDERMESH_E2E_REDIS: "1",
            // Three brokers that restart in turn leave little of two cores to the orders, and their deadline is short.
            ORDERMESH_E2E_ORDERS_PER_SECOND: brokers === 1 ? "100" : "30",
          },
          globalSetup: ["e2e/stack.ts"],
          fileParallelism: false,
          sequence: { groupOrder: brokers },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      })),
      {
        test: {
          name: "e2e-redis",
          include: ["e2e/redis/*.e2e.spec.ts"],
          exclude,
          // Starts a stack of its own, with Redis and without Kafka.
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
