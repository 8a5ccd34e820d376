import { randomBytes } from "node:crypto";
import type { Layout } from "./layout.ts";
import { readJsonFile, writePrivateFile } from "./private-file.ts";

type Passwords = Readonly<Record<string, string>>;

/** Passwords of the database roles and of the users of Kafka and Redis, made once per data folder. */
export interface Secrets {
  readonly superuser: string;
  readonly roles: Passwords;
  /** Superusers of the servers that hold one shard each, by the shard. */
  readonly shards: Passwords;
  readonly kafka: Passwords;
  readonly redis: Passwords;
}

/** Whose passwords are needed. */
export type SecretNames = Readonly<Record<Exclude<keyof Secrets, "superuser">, readonly string[]>>;

export async function loadSecrets(layout: Layout, names: SecretNames): Promise<Secrets> {
  const stored = (await readJsonFile(layout.secrets)) as Partial<Secrets> | undefined;
  const passwords = (wanted: readonly string[], known: Passwords = {}): Passwords =>
    Object.fromEntries(wanted.map((name) => [name, known[name] ?? randomPassword()]));
  const secrets: Secrets = {
    superuser: stored?.superuser ?? randomPassword(),
    roles: passwords(names.roles, stored?.roles),
    // Kept whatever is wanted: a start that failed may have made a server that a later one goes on with.
    shards: { ...stored?.shards, ...passwords(names.shards, stored?.shards) },
    kafka: passwords(names.kafka, stored?.kafka),
    redis: passwords(names.redis, stored?.redis),
  };
  if (JSON.stringify(secrets) !== JSON.stringify(stored)) {
    await writePrivateFile(layout.secrets, `${JSON.stringify(secrets, undefined, 2)}\n`);
  }
  return secrets;
}

const randomPassword = (): string => randomBytes(24).toString("base64url");
