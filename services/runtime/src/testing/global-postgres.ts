import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres, throwawaySettings } from "../embedded-postgres/index.ts";

declare module "vitest" {
  export interface ProvidedContext {
    ordermeshPostgresUrl: string;
  }
}

/** Starts one PostgreSQL in a temporary folder for the whole run; specs get databases of it by `createTestDatabase`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-test-"));
  await chmod(folder, 0o711);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const postgres = await startEmbeddedPostgres({
      dataDir: join(folder, "postgres"),
      port: 0,
      superPassword: randomBytes(18).toString("base64url"),
      settings: throwawaySettings,
    });
    project.provide("ordermeshPostgresUrl", postgres.url("postgres"));
    return () => postgres.stop().then(remove);
  } catch (error) {
    await remove();
    throw error;
  }
}
