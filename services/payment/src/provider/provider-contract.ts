// What every payment provider must keep, run against each implementation.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentProvider } from "./port.ts";

export interface ProviderUnderTest {
  readonly provider: PaymentProvider;
  /** Tokens that behave as named. */
  readonly tokens: { readonly approved: string; readonly declined: string; readonly failsTwice: string };
  close(): Promise<void>;
}

export function runProviderContract(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`payment provider contract: ${name}`, () => {
    let subject: ProviderUnderTest;
    const { signal } = new AbortController();
    const approved = { outcome: "approved" };
    const declined = { outcome: "declined", code: expect.stringMatching(/./) };

    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    const request = (authorizationKey: string, amount = 1_000n) => ({
      idempotencyKey: randomUUID(),
      reference: randomUUID(),
      authorizationKey,
      amount,
    });
    const authorize = (idempotencyKey: string, token = subject.tokens.approved) =>
      subject.provider.authorize(
        { idempotencyKey, reference: randomUUID(), token, amount: 1_000n, currency: "EUR" },
        signal,
      );
    async function authorization(): Promise<string> {
      const key = randomUUID();
      expect(await authorize(key)).toEqual(approved);
      return key;
    }
    async function captured(): Promise<string> {
      const key = await authorization();
      expect(await subject.provider.capture(request(key), signal)).toEqual(approved);
      return key;
    }

    it("gives a repeated authorisation the same answer", async () => {
      const [good, bad] = [randomUUID(), randomUUID()];
      expect([await authorize(good), await authorize(good)]).toEqual([approved, approved]);
      expect([await authorize(bad, subject.tokens.declined), await authorize(bad, subject.tokens.declined)]).toEqual([
        declined,
        declined,
      ]);
    });

    it("answers the same key asked many times at once", async () => {
      const key = randomUUID();
      expect(await Promise.all(Array.from({ length: 20 }, () => authorize(key)))).toEqual(Array(20).fill(approved));
    });

    it("rejects while it cannot do it, and does it later under the same key", async () => {
      const key = randomUUID();
      const attempt = () => authorize(key, subject.tokens.failsTwice);
      await expect(attempt()).rejects.toThrow();
      await expect(attempt()).rejects.toThrow();
      expect(await attempt()).toEqual(approved);
    });

    it("captures an authorisation once: a repeat gets the answer again, another capture is declined", async () => {
      const key = await authorization();
      const capture = request(key);
      expect(await subject.provider.capture(capture, signal)).toEqual(approved);
      expect(await subject.provider.capture(capture, signal)).toEqual(approved);
      expect(await subject.provider.capture(request(key), signal)).toEqual(declined);
    });

    it("declines to capture what is not held, or more than is held", async () => {
      const bad = randomUUID();
      await authorize(bad, subject.tokens.declined);
      expect(await subject.provider.capture(request(bad), signal)).toEqual(declined);
      expect(await subject.provider.capture(request(randomUUID()), signal)).toEqual(declined);
      expect(await subject.provider.capture(request(await authorization(), 1_001n), signal)).toEqual(declined);
    });

    it("voids what is held, after which it cannot be captured", async () => {
      const key = await authorization();
      const release = request(key);
      expect(await subject.provider.void(release, signal)).toEqual(approved);
      expect(await subject.provider.void(release, signal)).toEqual(approved);
      expect(await subject.provider.capture(request(key), signal)).toEqual(declined);
    });

    it("voids an authorisation that it does not know, and declines it when it comes", async () => {
      const key = randomUUID();
      expect(await subject.provider.void(request(key), signal)).toEqual(approved);
      expect(await authorize(key)).toEqual(declined);
      expect(await subject.provider.capture(request(key), signal)).toEqual(declined);
    });

    it("declines to void what was captured", async () => {
      expect(await subject.provider.void(request(await captured()), signal)).toEqual(declined);
    });

    it("either voids or captures when both are asked at once", async () => {
      const keys = await Promise.all(Array.from({ length: 20 }, authorization));
      const answers = await Promise.all(
        keys.map((key) =>
          Promise.all([subject.provider.capture(request(key), signal), subject.provider.void(request(key), signal)]),
        ),
      );
      for (const pair of answers) expect(pair.map(({ outcome }) => outcome).sort()).toEqual(["approved", "declined"]);
    });

    it("refunds in parts up to what was captured, each key once", async () => {
      const key = await captured();
      const part = request(key, 600n);
      expect(await subject.provider.refund(part, signal)).toEqual(approved);
      expect(await subject.provider.refund(part, signal)).toEqual(approved);
      expect(await subject.provider.refund(request(key, 401n), signal)).toEqual(declined);
      expect(await subject.provider.refund(request(key, 400n), signal)).toEqual(approved);
    });

    it("never refunds more than was captured, however many ask at once", async () => {
      const key = await captured();
      const asked = Array.from({ length: 10 }, () => subject.provider.refund(request(key, 300n), signal));
      const answers = await Promise.all(asked);
      expect(answers.filter(({ outcome }) => outcome === "approved")).toHaveLength(3);
    });

    it("declines to refund what was not captured", async () => {
      expect(await subject.provider.refund(request(await authorization()), signal)).toEqual(declined);
    });
  });
}
