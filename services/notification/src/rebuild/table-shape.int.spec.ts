import { afterEach, beforeEach, expect, test } from "vitest";
import { openRebuildBench, orderEvents, type RebuildBench } from "./testing/rebuild-bench.ts";

let bench: RebuildBench;
beforeEach(async () => {
  bench = await openRebuildBench();
});
afterEach(() => bench.close());

const namesOf = async (text: string) => (await bench.sql(text)).map(({ name }) => name);
const constraints = () =>
  namesOf("SELECT conname::text AS name FROM pg_constraint WHERE conrelid = 'notification'::regclass ORDER BY 1");
const indexes = () => namesOf("SELECT indexname AS name FROM pg_indexes WHERE tablename = 'notification' ORDER BY 1");

test("constraints, indexes and privileges are what they were", async () => {
  await bench.sql("CREATE INDEX by_customer ON notification (customer_id)");
  await bench.sql('ALTER TABLE notification ADD CONSTRAINT "odd Name" UNIQUE (id)');
  await bench.sql("GRANT SELECT ON notification TO PUBLIC");
  const [before, indexesBefore] = [await constraints(), await indexes()];
  expect(before).toContain("notification_pkey");

  await bench.rebuild();

  expect(await constraints()).toEqual(before);
  expect(await indexes()).toEqual(indexesBefore);
  expect(await bench.sql("SELECT has_table_privilege('public', 'notification', 'SELECT') AS granted")).toEqual([
    { granted: true },
  ]);
});

test("a table that a migration has changed meanwhile is not replaced", async () => {
  await bench.log.append(orderEvents());
  let migrated = false;
  const log = {
    lag: bench.log.lag,
    async *read(...parameters: Parameters<RebuildBench["log"]["read"]>) {
      if (!migrated) await bench.sql("ALTER TABLE notification ADD COLUMN language text");
      migrated = true;
      yield* bench.log.read(...parameters);
    },
  };
  await expect(bench.rebuild({ log })).rejects.toMatchObject({
    code: "STORE_CHANGED",
    message: expect.stringContaining("column language (text)"),
  });
  expect(
    await namesOf("SELECT attname::text AS name FROM pg_attribute WHERE attrelid = 'notification'::regclass"),
  ).toContain("language");
});

test("what a fresh table would not have keeps the live one", async () => {
  await bench.sql("CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
  await bench.sql("CREATE TRIGGER audited BEFORE INSERT ON notification FOR EACH ROW EXECUTE FUNCTION audit()");
  await expect(bench.rebuild()).rejects.toMatchObject({
    code: "STORE_CHANGED",
    message: expect.stringContaining("trigger audited"),
  });
});
