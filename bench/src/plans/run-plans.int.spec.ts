import { afterAll, beforeAll, expect, test } from "vitest";
import { runFill } from "../fill/run-fill.ts";
import { createProgress } from "../progress.ts";
import { createSmallPlatform, type SmallPlatform } from "../testing/small-platform.ts";
import { formatPlans } from "./print-report.ts";
import { runPlans } from "./run-plans.ts";

let platform: SmallPlatform;
beforeAll(async () => {
  platform = await createSmallPlatform();
  await platform.refill([]);
});
afterAll(() => platform.drop());

test("plans for empty tables are not given, since they say nothing", async () => {
  await expect(runPlans(platform.databases.shards)).rejects.toMatchObject({ code: "NO_ORDERS" });
});

test("every hot query of the service reaches orders by an index", async () => {
  const { databases } = platform;
  await runFill({ databases, dataDir: ".", orders: 4_000, progress: createProgress() });
  const report = await runPlans(databases.shards);
  expect(report.rows).toMatchObject({ orders: 2_000, order_line: 4_000 });
  const indexes = new Map(
    report.queries.map(({ purpose, statements }) => [
      purpose,
      statements.flatMap(({ accesses }) => accesses.flatMap(({ index, scan }) => index ?? scan)),
    ]),
  );
  expect(indexes.get("lock orders whose outcomes have come")).toContain("orders_pkey");
  expect(indexes.get("sweep orders past their deadline")).toContain("orders_pending_deadline_idx");
  expect(indexes.get("show an order")).toEqual(["orders_pkey", "order_line_pkey"]);
  expect(indexes.get("show its history")).toEqual(["orders_pkey", "order_change_pkey"]);
  expect(indexes.get("list all orders")).toContain("orders_pkey");
  expect(indexes.get("look up anybody's order by tracking number")).toContain("orders_tracking_number_idx");
  expect(report.queries.every(({ statements }) => statements.length > 0)).toBe(true);
  expect(formatPlans(report)).toContain("orders_client_reference_idx");
});
