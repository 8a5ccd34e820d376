import { expect, test } from "vitest";
import { accessesOf, type PlanNode, readsAll } from "./read-plan.ts";

const scan = (type: string, table: string, index?: string, plans: readonly PlanNode[] = []): PlanNode => ({
  "Node Type": type,
  "Relation Name": table,
  "Plan Rows": 7,
  Plans: plans,
  ...(index === undefined ? {} : { "Index Name": index }),
});

test("every scan of a table is named with its index, a write is none", () => {
  const plan = scan("ModifyTable", "orders", undefined, [
    scan("Index Scan", "orders", "orders_pkey"),
    { "Node Type": "Sort", "Plan Rows": 1, Plans: [scan("Index Only Scan", "bucket", "bucket_pkey")] },
  ]);
  expect(accessesOf(plan)).toEqual([
    { scan: "Index Scan", table: "orders", index: "orders_pkey", rows: 7 },
    { scan: "Index Only Scan", table: "bucket", index: "bucket_pkey", rows: 7 },
  ]);
});

test("the index of a bitmap stands in the node below", () => {
  const below = { "Node Type": "Bitmap Index Scan", "Index Name": "orders_payment_id_idx", "Plan Rows": 1 };
  const [access] = accessesOf(scan("Bitmap Heap Scan", "orders", undefined, [below]));
  expect(access).toMatchObject({ scan: "Bitmap Heap Scan", index: "orders_payment_id_idx" });
});

test("a table that is read from end to end is told apart", () => {
  expect(accessesOf(scan("Seq Scan", "orders")).map(readsAll)).toEqual([true]);
  expect(accessesOf(scan("Index Scan", "orders", "orders_pkey")).map(readsAll)).toEqual([false]);
});
