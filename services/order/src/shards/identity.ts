// Which shard a database is, written into it once.
import type { Database, Statement } from "@ordermesh/runtime/database";

const claim: Statement = {
  name: "claim-shard",
  text: "INSERT INTO shard (name) VALUES ($1) ON CONFLICT DO NOTHING",
};
const selectName: Statement = { name: "select-shard-name", text: "SELECT name FROM shard" };

/** Writes the name into a new database. Throws when the database is another shard's: its orders would be looked for elsewhere. */
export async function identify(database: Database, name: string): Promise<void> {
  await database.query(claim, [name]);
  const { rows } = await database.query<{ name: string }>(selectName);
  const found = rows[0]?.name;
  if (found !== name) {
    throw new Error(`ORDERMESH_SHARDS: the database given for ${name} is that of ${found}; give each shard its own`);
  }
}
