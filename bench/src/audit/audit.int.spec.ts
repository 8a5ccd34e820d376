import { randomUUID } from "node:crypto";
import { redriveDeadLetters } from "@ordermesh/runtime/dead-letters";
import { deadLetterTopic } from "@ordermesh/runtime/event-log";
import { bucketOfKey, newBucketedId } from "@ordermesh/runtime/ids";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recordsOf, sampleOrder } from "../testing/sample-orders.ts";
import { createSmallPlatform, type SmallPlatform } from "../testing/small-platform.ts";
import { ada, carol } from "../testing/two-shards.ts";
import { type AuditReport, runAudit } from "./audit.ts";
import { topics } from "./log-index.ts";

const confirmed = sampleOrder({ statuses: ["PENDING", "CONFIRMED"], reservation: "DEDUCTED", payment: "CAPTURED" });
const cancelled = sampleOrder({ statuses: ["PENDING", "CANCELLED"], reservation: "RELEASED", payment: "VOIDED" });
const refunded = sampleOrder({
  statuses: ["PENDING", "CONFIRMED", "CANCELLED"],
  reservation: "RESTOCKED",
  payment: "REFUNDED",
});
const orders = [
  confirmed,
  cancelled,
  refunded,
  sampleOrder({ statuses: ["PENDING", "CANCELLED"], reservation: "REJECTED", payment: "VOIDED" }),
  sampleOrder({ statuses: ["PENDING", "CANCELLED"], reservation: "RELEASED", payment: "DECLINED" }),
  sampleOrder({
    statuses: ["PENDING", "CONFIRMED", "SHIPPED", "DELIVERED"],
    reservation: "DEDUCTED",
    payment: "CAPTURED",
    requestedRefund: 700,
  }),
  ...[1, 2, 3].map(() =>
    sampleOrder({
      statuses: ["PENDING", "CONFIRMED"],
      reservation: "DEDUCTED",
      payment: "CAPTURED",
      customerId: carol,
    }),
  ),
];

let platform: SmallPlatform;
beforeAll(async () => {
  platform = await createSmallPlatform();
});
afterAll(() => platform.drop());
beforeEach(() => platform.refill(orders));

const audit = (): Promise<AuditReport> =>
  runAudit({ databases: platform.databases, eventLogUrl: platform.eventLogUrl, waitMs: 0 });
/** Every finding as "invariant check id". */
const findings = ({ checks }: AuditReport): string[] =>
  checks.flatMap(({ invariant, check, findings }) => findings.map(({ id }) => `${invariant} ${check} ${id}`));

test("orders in every state of the lifecycle are clean", async () => {
  const report = await audit();
  expect(report.checks).toEqual([]);
  expect(report).toMatchObject({ clean: true, orders: 9, items: 1, inFlight: 0 });
});

test("a platform without work in hand is audited as settled, whatever the age of its orders", async () => {
  const young = sampleOrder({
    statuses: ["PENDING", "CONFIRMED"],
    reservation: "RESERVED",
    payment: "CAPTURED",
    ageMs: 5,
  });
  await platform.refill([young]);
  await platform.consumeAll();
  const report = await runAudit({ databases: platform.databases, eventLogUrl: platform.eventLogUrl, waitMs: 5_000 });
  expect(report.quiet).toBe(true);
  expect(findings(report)).toContain(`3 reservation-differs ${young.id}`);
});

test("an order that has only just changed may be in flight", async () => {
  const pending = sampleOrder({ statuses: ["PENDING"], reservation: "RESERVED", payment: "PENDING", ageMs: 1000 });
  const young = sampleOrder({
    statuses: ["PENDING", "CONFIRMED"],
    reservation: "RESERVED",
    payment: "AUTHORIZED",
    ageMs: 1000,
  });
  await platform.refill([...orders, pending, young]);
  const report = await audit();
  expect(report.checks).toEqual([]);
  expect(report).toMatchObject({ quiet: false, inFlight: 2 });
});

test("an audit that asks for a settled platform names the work that is left", async () => {
  const pending = sampleOrder({ statuses: ["PENDING"], reservation: "RESERVED", payment: "PENDING", ageMs: 1000 });
  await platform.refill([pending]);
  const report = await runAudit({
    databases: platform.databases,
    eventLogUrl: platform.eventLogUrl,
    waitMs: 0,
    settled: true,
  });
  expect(findings(report)).toEqual(["5 backlog-not-empty pendingOrders", "5 backlog-not-empty consumerLag"]);
});

type Break = [title: string, database: Parameters<SmallPlatform["run"]>[0], text: string, expected: string[]];

describe("invariant 1: every accepted order exists once and ends", () => {
  const other = newBucketedId(ada, Date.now());
  test.each<Break>([
    [
      "an order that vanished",
      "shard-1",
      `DELETE FROM orders WHERE id = '${confirmed.id}'`,
      [`1 order-missing ${confirmed.id}`],
    ],
    [
      "a key whose order was never written",
      "shard-1",
      `INSERT INTO idempotency_key SELECT caller, 'x', method, request_hash, uuid_send('${other}') FROM idempotency_key LIMIT 1`,
      [`1 order-missing ${other}`],
    ],
    [
      "an order under two keys",
      "shard-1",
      `INSERT INTO idempotency_key SELECT caller, 'x', method, request_hash, response FROM idempotency_key WHERE response = uuid_send('${confirmed.id}')`,
      [`1 order-with-several-keys ${confirmed.id}`],
    ],
    [
      "an order without a key",
      "shard-1",
      `DELETE FROM idempotency_key WHERE response = uuid_send('${confirmed.id}')`,
      [`1 order-without-key ${confirmed.id}`],
    ],
    [
      "lost lines",
      "shard-1",
      `DELETE FROM order_line WHERE order_id = '${confirmed.id}'`,
      [`1 order-without-lines ${confirmed.id}`],
    ],
    [
      "a total that is not the sum of the lines",
      "shard-1",
      `UPDATE order_line SET unit_price_minor = 1 WHERE order_id = '${confirmed.id}'`,
      [`1 total-differs ${confirmed.id}`],
    ],
    [
      "a status without its change",
      "shard-1",
      `DELETE FROM order_change WHERE order_id = '${confirmed.id}' AND status = 'CONFIRMED'`,
      [`1 status-differs ${confirmed.id}`],
    ],
    [
      "a transition that the lifecycle forbids",
      "shard-1",
      `UPDATE order_change SET status = 'SHIPPED' WHERE order_id = '${confirmed.id}' AND status = 'CONFIRMED'`,
      [`1 illegal-history ${confirmed.id}`],
    ],
    [
      "an order that stays PENDING past its deadline",
      "shard-1",
      `UPDATE orders SET status = 'PENDING' WHERE id = '${confirmed.id}'`,
      [`1 order-not-final ${confirmed.id}`],
    ],
  ])("%s is found", async (_title, database, text, expected) => {
    await platform.run(database, text);
    expect(findings(await audit())).toEqual(expect.arrayContaining(expected));
  });
});

describe("invariant 1 over shards: every bucket has one owner, and every order is at its owner alone", () => {
  const moveId = randomUUID();
  const adas = bucketOfKey(ada);
  const moveAdas = (state: string): [text: string, values: unknown[]] => [
    `INSERT INTO bucket (bucket, state, move_id, peer, fence_until) VALUES ($1, $2, $3, 'another', $4)
     ON CONFLICT (bucket) DO UPDATE SET state = $2, move_id = $3, peer = 'another', fence_until = $4`,
    [adas, state, moveId, state === "FENCED" ? new Date(Date.now() + 1000) : null],
  ];
  /** Lets the other shard have its rows too, as a move does. */
  const copyAdas = async (): Promise<void> => {
    for (const table of ["orders", "order_line", "order_change", "idempotency_key"] as const) {
      await platform.copyRows("shard-1", "shard-2", table);
    }
  };

  test.each([
    ["while its rows are copied", "OWNED", "ARRIVING"],
    ["while it is fenced", "FENCED", "ARRIVING"],
    ["between the two commits of its switch", "RELEASED", "ARRIVING"],
    ["while the source is cleaned", "RELEASED", "OWNED"],
  ])("a bucket is clean %s", async (_title, source, target) => {
    await copyAdas();
    await platform.run("shard-1", ...moveAdas(source));
    await platform.run("shard-2", ...moveAdas(target));
    expect(await audit()).toMatchObject({ checks: [], orders: 9 });
  });

  test("the owner's rows count, not those of the copy", async () => {
    await copyAdas();
    await platform.run("shard-2", ...moveAdas("ARRIVING"));
    await platform.run("shard-2", "DELETE FROM order_line WHERE order_id = $1", [confirmed.id]);
    expect(findings(await audit())).toEqual([]);
    await platform.run("shard-1", ...moveAdas("RELEASED"));
    expect(findings(await audit())).toContain(`1 order-without-lines ${confirmed.id}`);
  });

  test("a bucket that nobody has is found, and its orders are missing", async () => {
    await platform.run("shard-1", "DELETE FROM bucket WHERE bucket IN ($1, 4000)", [adas]);
    const found = findings(await audit());
    expect(found).toEqual(
      expect.arrayContaining([
        "1 bucket-without-owner 4000",
        `1 bucket-without-owner ${adas}`,
        `1 rows-left-over shard-1/${adas}`,
        `4 event-without-order ${confirmed.id}`,
      ]),
    );
    expect(found.filter((finding) => finding.includes("bucket-without-owner"))).toHaveLength(2);
  });

  test("a bucket that two have is found, and every order that both show", async () => {
    await copyAdas();
    await platform.run("shard-2", ...moveAdas("OWNED"));
    expect(findings(await audit())).toEqual(
      expect.arrayContaining([`1 bucket-with-two-owners ${adas}`, `1 order-in-two-shards ${confirmed.id}`]),
    );
  });

  test("rows that a move has left behind are found, summed by bucket", async () => {
    await copyAdas();
    const report = await audit();
    expect(findings(report)).toEqual([`1 rows-left-over shard-2/${adas}`]);
    expect(report.checks[0]?.findings[0]?.detail).toContain("6 orders, 6 lines, 6 changes, 6 keys");
  });
});

describe("invariant 2: money", () => {
  const reference = (id: string): string => `reference = '${id}'`;
  test.each<Break>([
    [
      "a second capture",
      "provider",
      `INSERT INTO ledger (key, kind, authorization_key, reference, currency, amount, asked, outcome) SELECT gen_random_uuid(), kind, authorization_key, reference, currency, amount, 1, outcome FROM ledger WHERE kind = 'CAPTURE' AND ${reference(confirmed.id)}`,
      [`2 charged-twice ${confirmed.id}`, `2 kept-differs ${confirmed.id}`],
    ],
    [
      "a confirmed order that was not charged",
      "provider",
      `DELETE FROM ledger WHERE ${reference(confirmed.id)}`,
      [`2 kept-differs ${confirmed.id}`, `2 ledger-differs ${confirmed.id}`],
    ],
    [
      "a cancelled order that was not refunded",
      "provider",
      `DELETE FROM ledger WHERE kind = 'REFUND' AND ${reference(refunded.id)}`,
      [`2 charged-though-cancelled ${refunded.id}`],
    ],
    [
      "an authorisation left open for a cancelled order",
      "provider",
      `UPDATE ledger SET voided = false WHERE ${reference(cancelled.id)}`,
      [`2 held-though-cancelled ${cancelled.id}`],
    ],
    [
      "a refund that payment does not know",
      "payment",
      `UPDATE payment SET refunded = 0, status = 'CAPTURED' WHERE order_id = '${refunded.id}'`,
      [`2 ledger-differs ${refunded.id}`],
    ],
    [
      "a refund that nobody asked for",
      "payment",
      "UPDATE payment_operation SET origin = 'saga'",
      [`2 kept-differs ${orders[5]?.id}`],
    ],
    [
      "a payment of another amount",
      "payment",
      `UPDATE payment SET amount = amount + 1 WHERE order_id = '${confirmed.id}'`,
      [`2 amount-differs ${confirmed.id}`],
    ],
    [
      "entries that do not sum up to the balance",
      "provider",
      `UPDATE ledger SET captured = 1 WHERE kind = 'AUTHORIZE' AND ${reference(confirmed.id)}`,
      [`2 ledger-inconsistent ${confirmed.id}`],
    ],
    [
      "a payment without an order",
      "payment",
      `UPDATE payment SET order_id = '${cancelled.id.replace(/^./, "f")}' WHERE order_id = '${cancelled.id}'`,
      [`2 payment-without-order ${cancelled.id.replace(/^./, "f")}`],
    ],
  ])("%s is found", async (_title, database, text, expected) => {
    await platform.run(database, text);
    expect(findings(await audit())).toEqual(expect.arrayContaining(expected));
  });
});

describe("invariant 3: stock", () => {
  test.each<Break>([
    [
      "a piece that vanished",
      "inventory",
      "UPDATE stock SET available = available - 1",
      ["3 stock-out-of-balance mug"],
    ],
    [
      "a deduction without an order",
      "inventory",
      "UPDATE stock SET available = available - 1, deducted = deducted + 1",
      ["3 deducted-differs mug"],
    ],
    [
      "a reservation counted twice",
      "inventory",
      "UPDATE stock SET available = available - 2, reserved = reserved + 2",
      ["3 reserved-differs mug"],
    ],
    [
      "a confirmed order that was not deducted",
      "inventory",
      `UPDATE reservation SET status = 1 WHERE order_id = '${confirmed.id}'`,
      [`3 reservation-differs ${confirmed.id}`],
    ],
    [
      "a cancelled order that still holds stock",
      "inventory",
      `UPDATE reservation SET status = 3 WHERE order_id = '${cancelled.id}'`,
      [`3 reservation-differs ${cancelled.id}`],
    ],
    [
      "other pieces than were ordered",
      "inventory",
      `UPDATE reservation SET lines = '[["mug", 3]]' WHERE order_id = '${confirmed.id}'`,
      [`3 reserved-lines-differ ${confirmed.id}`],
    ],
    [
      "a reservation that was lost",
      "inventory",
      `DELETE FROM reservation WHERE order_id = '${confirmed.id}'`,
      [`3 reservation-missing ${confirmed.id}`],
    ],
  ])("%s is found", async (_title, database, text, expected) => {
    await platform.run(database, text);
    expect(findings(await audit())).toEqual(expect.arrayContaining(expected));
  });
});

describe("invariant 4: events", () => {
  test("a state change without its event is found", async () => {
    await platform.run(
      "shard-1",
      `UPDATE order_change SET event_id = '${randomUUID()}' WHERE order_id = '${cancelled.id}' AND status = 'CANCELLED'`,
    );
    expect(findings(await audit())).toContain(`4 events-differ ${cancelled.id}`);
  });

  test("a missing, a reordered and a doubled event are found, a repeated one is not", async () => {
    const [placed, , ...rest] = recordsOf(confirmed);
    const refundEvents = recordsOf(refunded);
    const swapped = [refundEvents[0], refundEvents[2], refundEvents[1], ...refundEvents.slice(3)];
    const doubled = {
      ...recordsOf(cancelled).at(-1),
      headers: { ce_type: "ordermesh.payment.v1.PaymentVoided", ce_id: randomUUID() },
    };
    await platform.run("log", "TRUNCATE log_batch; UPDATE log_topic SET next_offset = 0");
    const records = [
      placed,
      placed,
      ...rest,
      ...swapped,
      ...recordsOf(cancelled),
      doubled,
      ...orders.slice(3).flatMap(recordsOf),
    ];
    await platform.log.append(records.filter((record) => record !== undefined) as never);
    expect(findings(await audit())).toEqual([
      `4 event-missing ${confirmed.id}`,
      `4 events-differ ${refunded.id}`,
      `4 payment-events-differ ${cancelled.id}`,
    ]);
  });

  test("an event without an order is found", async () => {
    const unknown = randomUUID();
    await platform.log.append([
      {
        topic: topics.orders,
        key: unknown,
        headers: { ce_type: "ordermesh.order.v1.OrderPlaced", ce_id: randomUUID() },
        value: new Uint8Array(),
      },
    ]);
    expect(findings(await audit())).toEqual([`4 event-without-order ${unknown}`]);
  });

  test.each<Break>([
    [
      "an event that inventory did not apply",
      "inventory",
      `UPDATE reservation SET status = 1 WHERE order_id = '${confirmed.id}'`,
      [`4 stock-events-differ ${confirmed.id}`],
    ],
    [
      "an event that payment did not apply",
      "payment",
      `DELETE FROM payment WHERE order_id = '${confirmed.id}'`,
      [`4 payment-missing ${confirmed.id}`],
    ],
    [
      "an event that notification did not apply",
      "notification",
      `DELETE FROM notification WHERE order_id = '${confirmed.id}' AND kind = 2`,
      [`4 notifications-differ ${confirmed.id}`],
    ],
    [
      "an outcome that the order service did not apply",
      "shard-1",
      `UPDATE orders SET stock_outcome = 'UNKNOWN' WHERE id = '${confirmed.id}'`,
      [`4 confirmed-without-outcomes ${confirmed.id}`],
    ],
  ])("%s is found", async (_title, database, text, expected) => {
    await platform.run(database, text);
    expect(findings(await audit())).toEqual(expect.arrayContaining(expected));
  });
});

describe("invariant 5: backlog", () => {
  test.each([
    ["shard-1", "order/shard-1"],
    ["shard-2", "order/shard-2"],
    ["payment", "payment"],
    ["inventory", "inventory"],
    ["notification", "notification"],
  ] as const)("an old outbox row of %s is found", async (database, place) => {
    await platform.run(
      database,
      "TRUNCATE outbox RESTART IDENTITY; INSERT INTO outbox (records, record_count, create_time) VALUES ('[]', 1, now() - interval '1 minute')",
    );
    expect(findings(await audit())).toEqual([`5 outbox-row-too-old ${place}/1`]);
  });

  test("an event that stays parked is found, one that was parked just now is not", async () => {
    const park = (eventId: string, age: string): Promise<void> =>
      platform.run(
        "shard-2",
        `INSERT INTO parked_event (consumer_group, event_id, record, log_partition, log_offset, append_time, create_time)
         VALUES ('order', $1, '[]', 0, 7, now(), now() - $2::interval)`,
        [eventId, age],
      );
    const old = randomUUID();
    await park(old, "2 minutes");
    await park(randomUUID(), "1 second");
    expect(findings(await audit())).toEqual([`5 parked-event-too-old shard-2/order/${old}`]);
  });

  test("a young outbox row is work in flight", async () => {
    await platform.run("shard-1", "INSERT INTO outbox (records, record_count) VALUES ('[]', 1)");
    expect(findings(await audit())).toEqual([]);
  });

  test("a dead letter is found until it has been redriven", async () => {
    const [record] = recordsOf(confirmed);
    if (record === undefined) throw new Error("an order has records");
    const place = { dlq_group: "payment", dlq_topic: topics.orders, dlq_partition: "0", dlq_offset: "0" };
    const headers = { ...record.headers, ...place, dlq_reason: "poison", dlq_attempts: "1" };
    await platform.log.append([{ ...record, topic: deadLetterTopic(topics.orders), headers }]);
    expect(findings(await audit())).toEqual([`5 dead-letter payment/${topics.orders}/0/0`]);
    await redriveDeadLetters(platform.log, { topics: [topics.orders] });
    expect(findings(await audit())).toEqual([]);
  });
});
