import { randomBytes } from "node:crypto";
import type { Layout } from "./layout.ts";
import { readJsonFile, writePrivateFile } from "./private-file.ts";

/** Passwords of the database roles, made once per data folder. */
export interface Secrets {
  readonly superuser: string;
  readonly roles: Readonly<Record<string, string>>;
}

export async function loadSecrets(layout: Layout, roles: readonly string[]): Promise<Secrets> {
  const stored = (await readJsonFile(layout.secrets)) as Secrets | undefined;
  const secrets: Secrets = {
    superuser: stored?.superuser ?? randomPassword(),
    roles: Object.fromEntries(roles.map((role) => [role, stored?.roles[role] ?? randomPassword()])),
  };
  if (JSON.stringify(secrets) !== JSON.stringify(stored)) {
    await writePrivateFile(layout.secrets, `${JSON.stringify(secrets, undefined, 2)}\n`);
  }
  return secrets;
}

const randomPassword = (): string => randomBytes(24).toString("base64url");
