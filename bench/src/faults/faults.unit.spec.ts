import { expect, test } from "vitest";
import { failuresOf, victimsOf } from "./faults.ts";

const audit = { clean: true, orders: 10, items: 1, records: 50, quiet: true, inFlight: 0, elapsedMs: 1, checks: [] };
const outage = { from: new Date(0), until: new Date(900) };
const good = {
  kills: [{ process: "order-1", recovered: true, recoverMs: 900, outage, retriedAttempts: 3 }],
  accepted: 10,
  unanswered: 0,
  retried: {},
  refused: [],
  slowestAnswerMs: 40,
  settledMs: 100,
  orders: { placed: 10, missing: [], notFinal: [], late: [] },
  audit,
};

test("a run that lost nothing has no failures", () => {
  expect(failuresOf(good)).toEqual([]);
});

test.each([
  [
    "a kill without recovery",
    { kills: [{ process: "order-1", recovered: false, recoverMs: 1, outage, retriedAttempts: 0 }] },
    "1 kills without recovery: order-1",
  ],
  ["a refused order", { refused: ["422 x"] }, "1 orders refused: 422 x"],
  ["a lost order", { orders: { ...good.orders, missing: ["a"] } }, "1 accepted orders missing: a"],
  [
    "an order that is not final",
    { orders: { ...good.orders, notFinal: ["a", "b"] } },
    "2 accepted orders not final: a, b",
  ],
  [
    "an order that was final too late",
    { orders: { ...good.orders, late: ["a"] } },
    "1 accepted orders final only after the saga deadline: a",
  ],
  [
    "an order placed twice",
    { orders: { ...good.orders, placed: 11 } },
    "11 orders exist, 10 were answered: keys were not honoured",
  ],
  ["an order never answered", { unanswered: 1 }, "1 orders were never answered"],
  [
    "an audit that found something",
    { audit: { ...audit, checks: [{ invariant: 2 as const, check: "charged-twice", count: 4, findings: [] }] } },
    "1 checks of the audit: charged-twice (4)",
  ],
])("%s fails the run", (_title, fault, failure) => {
  expect(failuresOf({ ...good, ...fault })).toEqual([failure]);
});

test("an order whose client gave up may exist or not", () => {
  expect(failuresOf({ ...good, unanswered: 2, orders: { ...good.orders, placed: 11 } })).toEqual([
    "2 orders were never answered",
  ]);
});

test("brokers are killed after the services, and PostgreSQL last", () => {
  const process = (service: string, number: number) => ({ name: `${service}-${number}`, service, pid: 1 });
  const processes = [process("postgres", 1), process("kafka", 1), process("gateway", 1), process("order", 1)];
  expect(victimsOf({ processes })).toEqual(["gateway-1", "order-1", "kafka-1", "postgres-1"]);
});
