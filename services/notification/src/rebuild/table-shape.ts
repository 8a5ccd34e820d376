// What makes a table, beside its name and rows: so that the fresh table can take the live one's place unnoticed.
import { type Client, escapeIdentifier } from "pg";
import { RebuildError } from "./rebuild-error.ts";

interface Trait {
  readonly sort: "column" | "option" | "trigger" | "policy" | "constraint" | "index";
  readonly name: string;
  readonly definition: string;
}

// The names of constraints and indexes are not part of their definition; that of the table is taken out of it.
const TRAITS = `
  WITH t AS (SELECT $1::text::regclass AS oid)
  SELECT 'column' AS sort, attname::text AS name,
         concat_ws(' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
                   nullif(attidentity, ''), nullif(attgenerated, ''), nullif(collname, 'default'),
                   pg_get_expr(adbin, adrelid)) AS definition
  FROM t JOIN pg_attribute ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  LEFT JOIN pg_collation ON pg_collation.oid = attcollation
  UNION ALL
  SELECT 'option', 'options', concat_ws(' ', reloptions::text, relrowsecurity, relpersistence)
  FROM t JOIN pg_class ON pg_class.oid = t.oid
  UNION ALL
  SELECT 'trigger', tgname, pg_get_triggerdef(pg_trigger.oid)
  FROM t JOIN pg_trigger ON tgrelid = t.oid AND NOT tgisinternal
  UNION ALL
  SELECT 'policy', polname, concat_ws(' ', polcmd, pg_get_expr(polqual, polrelid))
  FROM t JOIN pg_policy ON polrelid = t.oid
  UNION ALL
  SELECT 'constraint', conname, pg_get_constraintdef(pg_constraint.oid)
  FROM t JOIN pg_constraint ON conrelid = t.oid
  UNION ALL
  SELECT 'index', relname, regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+ ON (ONLY )?\\S+', 'INDEX')
  FROM t JOIN pg_index ON indrelid = t.oid JOIN pg_class ON pg_class.oid = indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
  ORDER BY sort, definition, name`;

const GRANTS = `
  SELECT format('GRANT %s ON notification TO %s%s', privilege_type,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
                CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
  FROM pg_class, aclexplode(relacl) WHERE oid = 'notification'::regclass AND grantee <> relowner`;

/**
 * The statements that give the fresh table, once it bears the live one's name, also the names of its constraints and
 * indexes and its privileges. Throws STORE_CHANGED when the tables are not alike.
 */
export async function planTakeover(client: Client): Promise<readonly string[]> {
  const live = await traitsOf(client, "notification");
  const fresh = await traitsOf(client, "notification_rebuild");
  const keyOf = ({ sort, name, definition }: Trait) =>
    `${sort} ${sort === "constraint" || sort === "index" ? "" : name} ${definition}`;
  const keys = fresh.map(keyOf);
  const odd = live.find((trait, at) => keyOf(trait) !== keys[at]) ?? fresh[live.length];
  if (odd !== undefined) {
    throw new RebuildError(
      "STORE_CHANGED",
      `the live table and the fresh one are not alike: ${odd.sort} ${odd.name} (${odd.definition}). A migration has come between: rebuild again. If it stays so, src/rebuild has to learn of what the migration added`,
    );
  }
  const renames = live.flatMap(({ sort, name }, at) => {
    const given = fresh[at]?.name ?? name;
    if (given === name) return [];
    const [from, to] = [escapeIdentifier(given), escapeIdentifier(name)];
    return sort === "constraint"
      ? [`ALTER TABLE notification RENAME CONSTRAINT ${from} TO ${to}`]
      : [`ALTER INDEX ${from} RENAME TO ${to}`];
  });
  const grants = await client.query<{ statement: string }>(GRANTS);
  return [...renames, ...grants.rows.map(({ statement }) => statement)];
}

async function traitsOf(client: Client, table: string): Promise<readonly Trait[]> {
  const { rows } = await client.query<Trait>(TRAITS, [table]);
  return rows;
}
