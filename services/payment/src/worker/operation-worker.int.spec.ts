import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ProviderUnavailableError } from "../provider/port.ts";
import {
  cancel,
  confirm,
  newOrder,
  openPaymentBench,
  type PaymentBench,
  place,
  spyingOn,
} from "../testing/payment-bench.ts";

let bench: PaymentBench;

beforeAll(async () => {
  bench = await openPaymentBench("worker");
});

afterEach(() => bench.stopProcesses());

afterAll(() => bench.close());

const waiting = { timeout: 15_000, interval: 25 };

function reaches(orderId: string, expected: Record<string, unknown>) {
  return expect.poll(() => bench.payment(orderId), waiting).toMatchObject(expected);
}

/** A provider that is never reached, as if the process had died before the call. */
const unreached = () => spyingOn(bench.provider, () => new Promise(() => undefined));

describe("a process that dies", () => {
  it("leaves its operations to another when its lease ends, under the same key", async () => {
    const dying = bench.dyingProcess("dying-1", { provider: unreached(), timeoutMs: 60_000, leaseMs: 60_500 });
    const order = newOrder();
    await place(bench, dying, [order], "tok_approve");
    await bench.process("heir-1");
    await bench.database.pool.query(
      "UPDATE payment_operation SET next_attempt_time = now() WHERE locked_by = 'dying-1'",
    );
    await reaches(order.orderId, { status: "AUTHORIZED" });
    const { id } = (await bench.payment(order.orderId)) as { id: string };
    expect(await bench.ledger(order.orderId)).toMatchObject([{ key: id, asked: 1, outcome: "APPROVED" }]);
  });

  it("finds them at once when it comes back under its name", async () => {
    const dying = bench.dyingProcess("payment-7", { provider: unreached(), timeoutMs: 60_000, leaseMs: 600_000 });
    const order = newOrder();
    await place(bench, dying, [order], "tok_approve");
    await bench.process("payment-7");
    await reaches(order.orderId, { status: "AUTHORIZED" });
  });

  it("after the provider charged is not charged again: the repeat gets the recorded answer", async () => {
    let charged = false;
    const provider = {
      ...bench.provider,
      authorize: async (...call: Parameters<typeof bench.provider.authorize>) => {
        await bench.provider.authorize(...call);
        charged = true;
        return new Promise<never>(() => undefined);
      },
    };
    const dying = bench.dyingProcess("dying-2", { provider, timeoutMs: 60_000, leaseMs: 60_500 });
    const order = newOrder();
    await place(bench, dying, [order], "tok_approve");
    await expect.poll(() => charged, waiting).toBe(true);
    await bench.process("heir-2");
    await bench.database.pool.query(
      "UPDATE payment_operation SET next_attempt_time = now() WHERE locked_by = 'dying-2'",
    );
    await reaches(order.orderId, { status: "AUTHORIZED" });
    expect(await bench.ledger(order.orderId)).toMatchObject([{ asked: 2, outcome: "APPROVED" }]);
    expect(await bench.events(order.orderId)).toEqual(["PaymentAuthorized"]);
  });
});

describe("several processes", () => {
  it("settle an operation once, though both asked the provider", async () => {
    const gate = Promise.withResolvers<void>();
    const held = { provider: spyingOn(bench.provider, () => gate.promise), timeoutMs: 60_000, leaseMs: 60_500 };
    const first = bench.dyingProcess("twin-1", held);
    await bench.process("twin-2", held);
    const order = newOrder();
    await place(bench, first, [order], "tok_approve");
    await bench.database.pool.query(
      "UPDATE payment_operation SET next_attempt_time = now() WHERE locked_by = 'twin-1'",
    );
    await expect
      .poll(async () => (await bench.operations(order.orderId))[0]?.["locked_by"], waiting)
      .not.toBe("twin-1");
    gate.resolve();
    await reaches(order.orderId, { status: "AUTHORIZED" });
    await expect.poll(async () => (await bench.ledger(order.orderId))[0]?.["asked"], waiting).toBe(2);
    await confirm(bench, first, [order]);
    await reaches(order.orderId, { status: "CAPTURED", captured: 1_000n });
    expect(await bench.events(order.orderId)).toEqual(["PaymentAuthorized", "PaymentCaptured"]);
  });

  it("share the work without doing any of it twice", async () => {
    const asked: string[] = [];
    const options = { provider: spyingOn(bench.provider, (_, key) => void asked.push(key)), timeoutMs: 10_000 };
    const idle = bench.dyingProcess("share-0", { ...options, provider: unreached(), leaseMs: 60_000 });
    await Promise.all([bench.process("share-1", options), bench.process("share-2", options)]);
    const orders = Array.from({ length: 200 }, () => newOrder());
    await place(bench, idle, orders, "tok_approve");
    await bench.database.pool.query(
      "UPDATE payment_operation SET next_attempt_time = now() WHERE locked_by = 'share-0'",
    );
    const pending = "SELECT count(*)::integer AS count FROM payment_operation WHERE status = 'PENDING'";
    await expect.poll(async () => (await bench.database.pool.query(pending)).rows[0].count, waiting).toBe(0);
    const { rows } = await bench.database.pool.query("SELECT id FROM payment WHERE order_id = ANY ($1)", [
      orders.map(({ orderId }) => orderId),
    ]);
    const ids = new Set(rows.map((row) => row.id));
    const calls = asked.filter((key) => ids.has(key));
    expect(calls).toHaveLength(200);
    expect(new Set(calls).size).toBe(200);
  });

  it("that see the confirmation elsewhere capture all the same", async () => {
    const [one, other] = await Promise.all([bench.process("else-1"), bench.process("else-2")]);
    const order = newOrder();
    await place(bench, one, [order], "tok_approve");
    await reaches(order.orderId, { status: "AUTHORIZED" });
    await confirm(bench, other, [order]);
    await reaches(order.orderId, { status: "CAPTURED" });
  });

  it("void an approval whose order another process cancelled meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    const late = {
      ...bench.provider,
      // A provider whose approval overtakes nothing: it is given before the void, and arrives after it.
      authorize: async (...call: Parameters<typeof bench.provider.authorize>) => {
        const answer = await bench.provider.authorize(...call);
        await gate.promise;
        return answer;
      },
    };
    const one = await bench.process("late-1", { provider: late, timeoutMs: 60_000, leaseMs: 60_500 });
    const other = await bench.process("late-2");
    const order = newOrder();
    await place(bench, one, [order], "tok_approve");
    await expect.poll(async () => (await bench.ledger(order.orderId)).length, waiting).toBe(1);
    await cancel(bench, other, [order]);
    await reaches(order.orderId, { status: "VOIDED" });
    gate.resolve();
    await expect.poll(async () => (await bench.operations(order.orderId)).length, waiting).toBe(3);
    await expect
      .poll(async () => (await bench.operations(order.orderId)).map(({ kind, status }) => `${kind} ${status}`), waiting)
      .toEqual(["AUTHORIZE SUPERSEDED", "VOID SUCCEEDED", "VOID SUCCEEDED"]);
    expect(await bench.payment(order.orderId)).toMatchObject({ status: "VOIDED" });
    expect(await bench.events(order.orderId)).toEqual(["PaymentVoided"]);
  });
});

describe("stopping", () => {
  it("finishes the calls under way", async () => {
    const stopping = await bench.process("stop-1", { timeoutMs: 10_000 });
    const order = newOrder();
    await place(bench, stopping, [order], "tok_slow_200");
    await stopping.worker.stop(10_000);
    expect(await bench.payment(order.orderId)).toMatchObject({ status: "AUTHORIZED" });
  });

  it("releases what it could not finish, for others to take at once", async () => {
    const stopping = await bench.process("stop-2", { timeoutMs: 60_000, leaseMs: 60_500 });
    const order = newOrder();
    await place(bench, stopping, [order], "tok_timeout_charged");
    await expect.poll(async () => (await bench.ledger(order.orderId)).length, waiting).toBe(1);
    await stopping.worker.stop(10);
    await bench.process("stop-3");
    await reaches(order.orderId, { status: "AUTHORIZED" });
  });
});

it("a provider that is down is asked again until it is back, and no payment fails", async () => {
  let down = true;
  const provider = spyingOn(bench.provider, () => {
    if (down) throw new ProviderUnavailableError("down");
  });
  const process = await bench.process("outage-1", { provider });
  const orders = Array.from({ length: 80 }, () => newOrder());
  await place(bench, process, orders, "tok_approve");
  const ids = orders.map(({ orderId }) => orderId);
  const failed = `SELECT count(*)::integer AS count FROM payment_operation JOIN payment ON payment.id = payment_id
                  WHERE order_id = ANY ($1) AND last_error IS NOT NULL`;
  await expect.poll(async () => (await bench.database.pool.query(failed, [ids])).rows[0].count, waiting).toBe(80);
  down = false;
  const good = "SELECT count(*)::integer AS count FROM payment WHERE order_id = ANY ($1) AND status = 'AUTHORIZED'";
  await expect.poll(async () => (await bench.database.pool.query(good, [ids])).rows[0].count, waiting).toBe(80);
});
