import type { EmbeddedPostgres, PostgresSettings } from "@ordermesh/runtime/embedded-postgres";
import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import type { LogLine } from "./output/log-line.ts";
import { readPostgresLine } from "./output/postgres-line.ts";
import { exitFields, supervisorLine } from "./output/supervisor-line.ts";
import { provisionDatabases } from "./processes/databases.ts";
import { createSupervisedPostgres, type SupervisedPostgres } from "./processes/supervised-postgres.ts";

export interface StartPostgresOptions {
  readonly layout: Layout;
  readonly secrets: Secrets;
  readonly port: number;
  readonly settings?: PostgresSettings | undefined;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

/** Starts PostgreSQL under supervision and creates roles and databases that are missing. */
export async function startPostgres(
  options: StartPostgresOptions,
  cleanUp: AsyncDisposableStack,
): Promise<{ supervisedPostgres: SupervisedPostgres; postgres: EmbeddedPostgres }> {
  const { onLog, onChange } = options;
  const supervisedPostgres = createSupervisedPostgres({
    dataDir: options.layout.postgres,
    port: options.port,
    superPassword: options.secrets.superuser,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    onLog: (text) => {
      const line = readPostgresLine(text, new Date());
      if (line !== undefined) onLog(line);
    },
    onStart: (pid, restarted) => {
      onChange();
      if (restarted) onLog(supervisorLine("warn", "postgres is started again", { pid }));
    },
    onDeath: (exit, restartInMs) => {
      onChange();
      onLog(supervisorLine("error", "postgres died", { ...exitFields(exit), restartInMs }));
    },
  });
  cleanUp.defer(() => supervisedPostgres.stop());
  const postgres = await supervisedPostgres.start();
  await provisionDatabases(postgres, options.secrets);
  return { supervisedPostgres, postgres };
}
