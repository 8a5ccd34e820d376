import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/gen/**", "**/store/prisma/**", "**/.ordermesh/**", "**/coverage/**"];

export default defineConfig({
  test: {
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
      {
        test: {
          name: "e2e",
          include: ["**/*.e2e.spec.ts"],
          exclude,
          // Every file starts a whole stack: one after the other, or two cores would be shared by twenty processes.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
