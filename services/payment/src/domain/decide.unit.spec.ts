import { describe, expect, it } from "vitest";
import { type Decision, decide } from "./decide.ts";
import { newPayment, type PaymentState, type PaymentStatus, paymentStatuses, refundable } from "./payment.ts";
import { initialStatus, transitions } from "./transitions.ts";
import type { Trigger, TriggerKind } from "./trigger.ts";

const pending = newPayment(1_000n);
const authorized: PaymentState = { ...pending, status: "AUTHORIZED" };
const capturing: PaymentState = { ...authorized, captureRequested: true };
const captured: PaymentState = { ...authorized, status: "CAPTURED", captured: 1_000n };
const states: Readonly<Record<PaymentStatus, PaymentState>> = {
  PENDING: pending,
  AUTHORIZED: authorized,
  DECLINED: { ...pending, status: "DECLINED", declineCode: "declined" },
  CAPTURED: { ...captured, refundPending: 1_000n },
  VOIDED: { ...pending, status: "VOIDED" },
  REFUNDED: { ...captured, status: "REFUNDED", refunded: 1_000n },
};

const triggers: Readonly<Record<TriggerKind, Trigger>> = {
  "order-confirmed": { kind: "order-confirmed" },
  "order-cancelled": { kind: "order-cancelled" },
  "refund-requested": { kind: "refund-requested" },
  authorized: { kind: "authorized" },
  declined: { kind: "declined", code: "declined" },
  captured: { kind: "captured" },
  "capture-declined": { kind: "capture-declined", code: "expired" },
  voided: { kind: "voided" },
  "void-declined": { kind: "void-declined", code: "already_captured" },
  refunded: { kind: "refunded", amount: 1_000n },
  "refund-declined": { kind: "refund-declined", amount: 1_000n, code: "closed" },
};

/** A short form of a decision: operations and news, or why not. */
function gist(decision: Decision): string {
  if (decision.kind === "unchanged") return "unchanged";
  if (decision.kind === "refused") return decision.refusal;
  const operations = decision.operations.map(({ kind, amount, origin }) => `${kind} ${amount} ${origin}`);
  const superseded = decision.supersedesAuthorization ? ["supersedes"] : [];
  return [...operations, ...superseded, ...(decision.news === undefined ? [] : [`news ${decision.news}`])].join(", ");
}

function given(state: PaymentState) {
  return {
    when(...happened: Trigger[]) {
      let current = state;
      const gists: string[] = [];
      for (const trigger of happened) {
        const decision = decide(current, trigger);
        gists.push(gist(decision));
        if (decision.kind === "changed") current = decision.state;
      }
      return { gists, state: current };
    },
  };
}

const { "order-confirmed": confirm, "order-cancelled": cancel } = triggers;

describe("every status and trigger", () => {
  const expected: Record<PaymentStatus, Record<TriggerKind, string>> = {
    PENDING: {
      "order-confirmed": "",
      "order-cancelled": "VOID 1000 saga, supersedes",
      "refund-requested": "not-captured",
      authorized: "news authorized",
      declined: "news declined",
      captured: "not-allowed",
      "capture-declined": "unchanged",
      voided: "news voided",
      "void-declined": "unchanged",
      refunded: "not-allowed",
      "refund-declined": "not-allowed",
    },
    AUTHORIZED: {
      "order-confirmed": "CAPTURE 1000 saga",
      "order-cancelled": "VOID 1000 saga",
      "refund-requested": "not-captured",
      authorized: "unchanged",
      declined: "unchanged",
      captured: "news captured",
      "capture-declined": "",
      voided: "news voided",
      "void-declined": "unchanged",
      refunded: "not-allowed",
      "refund-declined": "not-allowed",
    },
    DECLINED: {
      "order-confirmed": "not-allowed",
      "order-cancelled": "unchanged",
      "refund-requested": "not-captured",
      authorized: "VOID 1000 saga",
      declined: "unchanged",
      captured: "not-allowed",
      "capture-declined": "unchanged",
      voided: "unchanged",
      "void-declined": "unchanged",
      refunded: "not-allowed",
      "refund-declined": "not-allowed",
    },
    CAPTURED: {
      "order-confirmed": "unchanged",
      "order-cancelled": "",
      "refund-requested": "exceeds-captured",
      authorized: "unchanged",
      declined: "unchanged",
      captured: "unchanged",
      "capture-declined": "unchanged",
      voided: "unchanged",
      "void-declined": "unchanged",
      refunded: "news refunded",
      "refund-declined": "",
    },
    VOIDED: {
      "order-confirmed": "not-allowed",
      "order-cancelled": "unchanged",
      "refund-requested": "not-captured",
      authorized: "VOID 1000 saga",
      declined: "unchanged",
      captured: "not-allowed",
      "capture-declined": "unchanged",
      voided: "unchanged",
      "void-declined": "unchanged",
      refunded: "not-allowed",
      "refund-declined": "not-allowed",
    },
    REFUNDED: {
      "order-confirmed": "unchanged",
      "order-cancelled": "unchanged",
      "refund-requested": "exceeds-captured",
      authorized: "unchanged",
      declined: "unchanged",
      captured: "unchanged",
      "capture-declined": "unchanged",
      voided: "unchanged",
      "void-declined": "unchanged",
      refunded: "not-allowed",
      "refund-declined": "not-allowed",
    },
  };
  const pairs = paymentStatuses.flatMap((status) =>
    Object.values(triggers).map((trigger) => ({ status, trigger, kind: trigger.kind })),
  );

  it.each(pairs)("$status and $kind", ({ status, trigger }) => {
    expect(given(states[status]).when(trigger).gists).toEqual([expected[status][trigger.kind]]);
  });

  it.each(pairs)("$status and $kind leads where the table says", ({ status, trigger }) => {
    expect(given(states[status]).when(trigger).state.status).toBe(transitions[status][trigger.kind] ?? status);
  });

  it("every status can be reached", () => {
    const reached = new Set<PaymentStatus>([initialStatus]);
    for (const status of reached) for (const next of Object.values(transitions[status])) reached.add(next);
    expect([...reached].sort()).toEqual([...paymentStatuses].sort());
  });
});

describe("the common course", () => {
  it("authorises, captures once however often it is confirmed", () => {
    const { gists, state } = given(pending).when(triggers.authorized, confirm, confirm, triggers.captured, confirm);
    expect(gists).toEqual(["news authorized", "CAPTURE 1000 saga", "unchanged", "news captured", "unchanged"]);
    expect(state).toMatchObject({ status: "CAPTURED", captured: 1_000n, captureRequested: false });
  });

  it("captures as soon as it is authorised when the confirmation came first", () => {
    expect(given(pending).when(confirm, triggers.authorized).gists).toEqual(["", "CAPTURE 1000 saga, news authorized"]);
  });

  it("keeps the provider's code of a decline", () => {
    expect(given(pending).when({ kind: "declined", code: "insufficient_funds" }).state).toMatchObject({
      status: "DECLINED",
      declineCode: "insufficient_funds",
    });
  });
});

describe("a cancelled order", () => {
  it("is voided while the authorisation is in flight, and an approval that comes later is voided again", () => {
    const { gists, state } = given(pending).when(cancel, triggers.authorized, triggers.voided, triggers.authorized);
    expect(gists).toEqual(["VOID 1000 saga, supersedes", "VOID 1000 saga", "news voided", "VOID 1000 saga"]);
    expect(state.status).toBe("VOIDED");
  });

  it("is voided and not declined when the decline comes after the cancellation", () => {
    expect(given(pending).when(cancel, triggers.declined, triggers.voided)).toMatchObject({
      gists: ["VOID 1000 saga, supersedes", "unchanged", "news voided"],
      state: { status: "VOIDED", declineCode: "" },
    });
  });

  it("is refunded when its capture was in flight", () => {
    expect(given(capturing).when(cancel, triggers.captured, triggers.refunded)).toMatchObject({
      gists: ["", "REFUND 1000 saga, news captured", "news refunded"],
      state: { status: "REFUNDED", refunded: 1_000n, refundPending: 0n },
    });
  });

  it("is voided when its capture in flight is refused", () => {
    expect(given(capturing).when(cancel, triggers["capture-declined"], triggers.voided).gists).toEqual([
      "",
      "VOID 1000 saga",
      "news voided",
    ]);
  });

  it("is refunded once when it was captured, however often it is cancelled", () => {
    expect(given(captured).when(cancel, cancel).gists).toEqual(["REFUND 1000 saga", "unchanged"]);
  });

  it("is refunded only what earlier refunds left", () => {
    const partial: Trigger = { kind: "refund-requested", amount: 300n };
    expect(given(captured).when(partial, { kind: "refunded", amount: 300n }, partial, cancel).gists).toEqual([
      "REFUND 300 requested",
      "news refunded",
      "REFUND 300 requested",
      "REFUND 400 saga",
    ]);
  });

  it("is never captured afterwards", () => {
    expect(given(authorized).when(cancel, confirm).gists).toEqual(["VOID 1000 saga", "unchanged"]);
    expect(given(pending).when(cancel, confirm).gists).toEqual(["VOID 1000 saga, supersedes", "unchanged"]);
  });

  it("that cost nothing has nothing to refund", () => {
    const free: PaymentState = { ...captured, amount: 0n, captured: 0n };
    expect(given(free).when(cancel).gists).toEqual([""]);
  });
});

describe("a requested refund", () => {
  const request = (amount?: bigint): Trigger => ({ kind: "refund-requested", amount });

  it("takes all that is left when no amount is named", () => {
    expect(given(captured).when(request(250n), request()).gists).toEqual([
      "REFUND 250 requested",
      "REFUND 750 requested",
    ]);
  });

  it("never exceeds what was captured, counting refunds that are not done yet", () => {
    const { gists, state } = given(captured).when(request(600n), request(401n), request(400n), request(1n), request());
    expect(gists).toEqual([
      "REFUND 600 requested",
      "exceeds-captured",
      "REFUND 400 requested",
      "exceeds-captured",
      "exceeds-captured",
    ]);
    expect(refundable(state)).toBe(0n);
  });

  it.each([0n, -1n])("refuses an amount of %s", (amount) => {
    expect(given(captured).when(request(amount)).gists).toEqual(["exceeds-captured"]);
  });

  it("is partial until the last part is back", () => {
    const back = (amount: bigint): Trigger => ({ kind: "refunded", amount });
    const partly = given(captured).when(request(400n), back(400n)).state;
    expect(partly).toMatchObject({ status: "CAPTURED", refunded: 400n });
    expect(given(partly).when(request(), back(600n)).state).toMatchObject({ status: "REFUNDED", refunded: 1_000n });
  });

  it("that the provider refuses can be asked for again", () => {
    const refused: Trigger = { kind: "refund-declined", amount: 400n, code: "closed" };
    expect(given(captured).when(request(400n), refused, request()).gists).toEqual([
      "REFUND 400 requested",
      "",
      "REFUND 1000 requested",
    ]);
  });
});
