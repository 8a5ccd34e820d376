// The shared stack of the end-to-end suite: one for all files of a run, started before them and stopped after them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startStack } from "@ordermesh/stack";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Data folder of the stack under test; everything else is in its stack.json. */
    dataDir: string;
  }
}

/** Short, so that a test of a deadline or a timeout ends within seconds. */
export const timing = { sagaDeadlineMs: 6_000, providerTimeoutMs: 800 };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const replicas = Number(project.config.env["ORDERMESH_E2E_REPLICAS"] ?? "1");
  const brokers = Number(project.config.env["ORDERMESH_E2E_BROKERS"] ?? "0");
  const shards = Number(project.config.env["ORDERMESH_E2E_SHARDS"] ?? "1");
  const dataDir = await mkdtemp(join(tmpdir(), "ordermesh-e2e-"));
  const services = ["gateway", "order", "payment", "inventory", "notification"] as const;
  const stack = await startStack({
    dataDir,
    port: 0,
    shards,
    redis: project.config.env["ORDERMESH_E2E_REDIS"] === "1",
    mesh: project.config.env["ORDERMESH_E2E_MESH"] === "1",
    ...(brokers === 0 ? {} : { eventLog: { kind: "kafka", brokers: brokers === 1 ? 1 : 3 } as const }),
    replicas: Object.fromEntries(services.map((service) => [service, service === "gateway" ? 1 : replicas])),
    env: {
      ORDERMESH_SAGA_DEADLINE_MS: String(timing.sagaDeadlineMs),
      ORDERMESH_PROVIDER_TIMEOUT_MS: String(timing.providerTimeoutMs),
      // A price that a test puts is the price that its next order takes.
      ORDERMESH_PRICE_FRESH_MS: "0",
    },
  });
  project.provide("dataDir", dataDir);
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
