import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../embedded-postgres/index.ts";
import { createLogger } from "../../logging/index.ts";
import { type EventLogHarness, runEventLogContract } from "../contract.ts";
import { openEventLog } from "../open.ts";

runEventLogContract("embedded", startHarness);

/** A PostgreSQL of its own, because the contract restarts it. */
async function startHarness(): Promise<EventLogHarness> {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-log-"));
  await chmod(folder, 0o711);
  const superPassword = randomBytes(18).toString("base64url");
  const dataDir = join(folder, "postgres");
  const start = (port: number) => startEmbeddedPostgres({ dataDir, port, superPassword });
  let postgres: EmbeddedPostgres = await start(0);
  const { port } = postgres;
  await postgres.createDatabase("log");
  const options = { driver: "embedded", url: postgres.url("log") } as const;
  const logger = createLogger({ name: "event-log", instance: "spec", level: "fatal" });
  return {
    options,
    open: (clientId) => openEventLog({ ...options, clientId, logger }),
    async expireLeases(clientId) {
      const expire = "UPDATE log_member SET lease_expire_time = now() - interval '1 second' WHERE client_id = $1";
      await postgres.administer((client) => client.query(expire, [clientId]), "log");
    },
    async restartBroker() {
      // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, all connections cut, recovery at the next start.
      process.kill(postgres.pid, "SIGQUIT");
      await postgres.exited;
      postgres = await start(port);
    },
    async stop() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
