import { randomBytes } from "node:crypto";
import type { Layout } from "./layout.ts";
import { readJsonFile, writePrivateFile } from "./private-file.ts";

/** Passwords of the database roles and of the users of the Kafka brokers, made once per data folder. */
export interface Secrets {
  readonly superuser: string;
  readonly roles: Readonly<Record<string, string>>;
  readonly kafka: Readonly<Record<string, string>>;
}

export async function loadSecrets(
  layout: Layout,
  names: { readonly roles: readonly string[]; readonly kafka: readonly string[] },
): Promise<Secrets> {
  const stored = (await readJsonFile(layout.secrets)) as Partial<Secrets> | undefined;
  const passwords = (wanted: readonly string[], known: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(wanted.map((name) => [name, known[name] ?? randomPassword()]));
  const secrets: Secrets = {
    superuser: stored?.superuser ?? randomPassword(),
    roles: passwords(names.roles, stored?.roles),
    kafka: passwords(names.kafka, stored?.kafka),
  };
  if (JSON.stringify(secrets) !== JSON.stringify(stored)) {
    await writePrivateFile(layout.secrets, `${JSON.stringify(secrets, undefined, 2)}\n`);
  }
  return secrets;
}

const randomPassword = (): string => randomBytes(24).toString("base64url");
