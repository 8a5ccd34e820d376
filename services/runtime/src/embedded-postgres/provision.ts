import pg from "pg";

export interface Role {
  readonly name: string;
  readonly password: string;
}

/** Creates the role, or gives it the password when it exists. */
export async function ensureRole(client: pg.Client, role: Role): Promise<void> {
  const name = client.escapeIdentifier(role.name);
  const found = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role.name]);
  const verb = found.rowCount === 0 ? "CREATE" : "ALTER";
  await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(role.password)}`);
}

/** Creates the database for its owner when it is missing; nobody else may connect unless named in `guests`. */
export async function ensureDatabase(
  client: pg.Client,
  name: string,
  owner: string,
  guests: readonly string[] = [],
): Promise<void> {
  const database = client.escapeIdentifier(name);
  const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
  if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database} OWNER ${client.escapeIdentifier(owner)}`);
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  for (const guest of guests) {
    await client.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${client.escapeIdentifier(guest)}`);
  }
}

/** Runs the work on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // A connection that breaks while idle must not end the process; the query in flight reports it.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
