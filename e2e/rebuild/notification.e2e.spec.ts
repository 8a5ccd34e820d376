// The store of messages is made anew from the events while orders keep coming, and is what it was.
import { randomBytes } from "node:crypto";
import { issueCustomerTokens, startSteadyLoad } from "@ordermesh/bench";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { runCommand } from "../cli.ts";
import { newItem, placed, reaches, state } from "../client.ts";

const perSecond = 20;
let database: pg.Client;

beforeAll(async () => {
  database = new pg.Client({ connectionString: state.databases.notification });
  await database.connect();
});

afterAll(() => database.end());

interface Message {
  readonly id: string;
  readonly delivered: boolean;
}

/** Every message with all of its columns, by its id. */
async function messages(): Promise<Map<string, string>> {
  const { rows } = await database.query<{ id: string; message: string }>(
    "SELECT id, to_jsonb(notification)::text AS message FROM notification",
  );
  return new Map(rows.map(({ id, message }) => [id, message]));
}

async function deliveredOf(orderId: string): Promise<readonly Message[]> {
  const { rows } = await database.query<Message>(
    "SELECT id, deliver_time IS NOT NULL AS delivered FROM notification WHERE order_id = $1",
    [orderId],
  );
  return rows;
}

it("while orders keep coming, what was there is there again, and nothing is sent twice", {
  timeout: 90_000,
}, async () => {
  const settled = await placed(await newItem(10));
  await reaches(settled, "CONFIRMED");
  await expect
    .poll(async () => (await deliveredOf(settled)).map(({ delivered }) => delivered), { timeout: 20_000 })
    .toEqual([true, true]);

  const load = startSteadyLoad({
    origin: state.gatewayUrl,
    tokens: await issueCustomerTokens(inject("dataDir"), 16),
    perSecond,
    runId: `rebuild-${randomBytes(4).toString("hex")}`,
  });
  onTestFinished(() => load.finish(0));
  await expect.poll(() => load.accepted.length, { timeout: 20_000 }).toBeGreaterThan(perSecond);
  const before = await messages();
  const beforeOfSettled = await deliveredOf(settled);
  const rebuilt = await runCommand(inject("dataDir"), "rebuild", "notification");
  expect(rebuilt).toMatchObject({ code: 0 });
  const after = await messages();
  const undelivered = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : JSON.stringify({ ...JSON.parse(text), deliver_time: null });
  for (const [id, message] of before) {
    // One that was on its way may have been delivered meanwhile.
    const same = JSON.parse(message).deliver_time === null ? undelivered : (text?: string) => text;
    expect(same(after.get(id))).toBe(same(message));
  }
  expect(await deliveredOf(settled)).toEqual(beforeOfSettled);

  // The consumer goes on with the new table.
  const next = await placed(await newItem(10));
  await reaches(next, "CONFIRMED");
  await expect.poll(async () => (await deliveredOf(next)).length, { timeout: 20_000 }).toBe(2);
  await load.finish(20_000);
  expect(load.refused).toEqual([]);
});

it("the comparison with the events finds no difference", { timeout: 60_000 }, async () => {
  const compared = await runCommand(inject("dataDir"), "rebuild", "notification", "--compare");
  expect(compared).toMatchObject({ code: 0 });
});
