import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
import { createTestDatabase } from "@ordermesh/runtime/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProviderContract } from "../provider-contract.ts";
import { openSimulatedProvider, type SimulatedProvider } from "./simulated-provider.ts";

const logger = createLogger({ name: "payment", instance: "test", level: "silent" });

runProviderContract("simulated", async () => {
  const database = await createTestDatabase("provider_contract");
  const provider = await openSimulatedProvider({ url: database.url, name: "spec", poolSize: 4, logger });
  return {
    provider,
    tokens: { approved: "tok_approve", declined: "tok_decline", failsTwice: "tok_fail_2" },
    async close() {
      await provider.close();
      await database.drop();
    },
  };
});

describe("the simulated provider's ledger", () => {
  let provider: SimulatedProvider;
  let books: Database;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await createTestDatabase("provider_ledger");
    provider = await openSimulatedProvider({ url: database.url, name: "spec", poolSize: 4, logger });
    books = openDatabase({ url: database.url, name: "books", logger });
    drop = database.drop;
  });

  afterAll(async () => {
    await provider.close();
    await books.close();
    await drop();
  });

  function authorize(token: string, idempotencyKey: string, signal: AbortSignal) {
    const request = { idempotencyKey, token, reference: "order-1", amount: 1_000n, currency: "EUR" };
    return provider.authorize(request, signal);
  }

  async function entry(key: string) {
    const { rows } = await books.pool.query("SELECT asked, outcome, decline_code, voided FROM ledger WHERE key = $1", [
      key,
    ]);
    return rows[0];
  }

  /** A call that is given up once the ledger knows of it. */
  async function abandoned(token: string, key: string) {
    const controller = new AbortController();
    const call = authorize(token, key, controller.signal);
    await expect.poll(() => entry(key)).toBeDefined();
    controller.abort(new Error("given up"));
    await expect(call).rejects.toThrow("given up");
  }

  const { signal } = new AbortController();

  it("charges nothing for tok_timeout, however often it is asked", async () => {
    const key = randomUUID();
    await abandoned("tok_timeout", key);
    expect(await entry(key)).toMatchObject({ asked: 1, outcome: null });
  });

  it("charges for tok_timeout_charged although nobody hears of it, and tells when asked again", async () => {
    const key = randomUUID();
    await abandoned("tok_timeout_charged", key);
    expect(await entry(key)).toMatchObject({ asked: 1, outcome: "APPROVED" });
    expect(await authorize("tok_timeout_charged", key, signal)).toEqual({ outcome: "approved" });
    expect(await entry(key)).toMatchObject({ asked: 2, outcome: "APPROVED" });
  });

  it("goes on with a slow authorisation that nobody waits for", async () => {
    const key = randomUUID();
    await abandoned("tok_slow_100", key);
    await expect.poll(() => entry(key)).toMatchObject({ asked: 1, outcome: "APPROVED" });
  });

  it("lets a void end a slow authorisation", async () => {
    const key = randomUUID();
    const call = authorize("tok_slow_200", key, signal);
    await expect.poll(() => entry(key)).toBeDefined();
    await provider.void({ idempotencyKey: randomUUID(), authorizationKey: key, reference: "order-1" }, signal);
    expect(await call).toEqual({ outcome: "declined", code: "voided" });
    expect(await entry(key)).toMatchObject({ outcome: "DECLINED", voided: true });
  });
});
