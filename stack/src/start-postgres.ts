import {
  type EmbeddedPostgres,
  type PostgresSettings,
  startEmbeddedPostgres,
} from "@ordermesh/runtime/embedded-postgres";
import type { Layout } from "./data-folder/layout.ts";
import type { Secrets } from "./data-folder/secrets.ts";
import type { LogLine } from "./output/log-line.ts";
import { readPostgresLine } from "./output/postgres-line.ts";
import { provisionDatabases } from "./processes/databases.ts";
import { createSupervisedServer, type SupervisedServer } from "./processes/supervised-server.ts";

export type SupervisedPostgres = SupervisedServer<EmbeddedPostgres>;

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
  const supervisedPostgres = createSupervisedServer({
    name: "postgres",
    launch: () =>
      startEmbeddedPostgres({
        dataDir: options.layout.postgres,
        port: options.port,
        superPassword: options.secrets.superuser,
        ...(options.settings === undefined ? {} : { settings: options.settings }),
        onLog: (text) => {
          const line = readPostgresLine(text, new Date());
          if (line !== undefined) onLog(line);
        },
      }),
    onLog,
    onChange,
  });
  cleanUp.defer(() => supervisedPostgres.stop());
  const postgres = await supervisedPostgres.start();
  await provisionDatabases(postgres, options.secrets);
  return { supervisedPostgres, postgres };
}
