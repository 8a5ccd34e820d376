import { expect, test } from "vitest";
import { bucketOfId, bucketOfKey, newBucketedId } from "../ids/index.ts";
import { createCaller, maySee } from "./index.ts";

const ada = createCaller("ada", "orders.read");
const bob = createCaller("bob", "orders.read");
const operator = createCaller("olga", "customers.all");
const id = newBucketedId("ada", Date.UTC(2026, 2, 1));

test("a customer sees what is their own, an operator everything", () => {
  expect(maySee(ada, id, "ada")).toBe(true);
  expect(maySee(bob, id, "ada")).toBe(false);
  expect(maySee(operator, id, "ada")).toBe(true);
});

test("while the owner is not known the id's bucket decides", () => {
  expect(bucketOfId(id)).not.toBe(bucketOfKey("bob"));
  expect(maySee(ada, id, undefined)).toBe(true);
  expect(maySee(bob, id, undefined)).toBe(false);
  expect(maySee(operator, id, undefined)).toBe(true);
});

test("a shared bucket does not outweigh a known owner", () => {
  expect(maySee(ada, id, "somebody else")).toBe(false);
});
