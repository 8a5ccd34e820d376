// The simulated provider's own books. Calls that arrive together share a statement and its commit.
import { createBatcher } from "@ordermesh/runtime/batching";
import { type Database, isTransient, type Statement } from "@ordermesh/runtime/database";
import { arrayLiteral } from "../../store/array-literal.ts";
import type { AuthorizeRequest, CaptureRequest, RefundRequest, VoidRequest } from "../port.ts";
import { AUTHORIZE, CAPTURE, FINISH, REFUND, VOID } from "./ledger-statements.ts";
import type { Scenario } from "./scenario.ts";

/** What the ledger holds about a key after a call. Without an outcome the call has not taken effect. */
export interface LedgerAnswer {
  readonly asked: number;
  readonly outcome: "APPROVED" | "DECLINED" | null;
  readonly declineCode: string;
}

export interface Ledger {
  authorize(request: AuthorizeRequest, scenario: Scenario): Promise<LedgerAnswer>;
  /** A slow authorisation is through. */
  finish(authorizationKey: string): Promise<LedgerAnswer>;
  capture(request: CaptureRequest): Promise<LedgerAnswer>;
  void(request: VoidRequest): Promise<LedgerAnswer>;
  refund(request: RefundRequest): Promise<LedgerAnswer>;
}

interface AnswerRow {
  key: string;
  asked: number;
  outcome: "APPROVED" | "DECLINED" | null;
  decline_code: string;
}

const maxItems = 512;
/** Under load calls wait this long for company: a write to the database costs about as much as ten of its rows. */
const maxDelayMs = 15;
const never = 2_147_483_647;
const approvedAtOnce: LedgerAnswer = { asked: 1, outcome: "APPROVED", declineCode: "" };

export function openLedger(database: Database): Ledger {
  const grouped = <I>(
    keyOf: (item: I) => string,
    accountOf: (item: I) => string,
    statement: Statement,
    values: (items: I[]) => unknown[],
  ) =>
    createBatcher<I, LedgerAnswer>({
      maxItems,
      maxDelayMs,
      concurrency: 2,
      retrySingly: (error) => !isTransient(error),
      async run(items) {
        const answers = new Map<I, LedgerAnswer>();
        for (const round of roundsOf(items, accountOf)) {
          const { rows } = await database.query<AnswerRow>(statement, values(round));
          const byKey = new Map(rows.map((row) => [row.key, row]));
          if (byKey.size === 0) continue;
          for (const item of round) answers.set(item, answerOf(byKey.get(keyOf(item))));
        }
        return items.map((item) => answers.get(item) ?? approvedAtOnce);
      },
    });

  const key = (request: { idempotencyKey: string }) => request.idempotencyKey;
  const account = (request: { authorizationKey: string }) => request.authorizationKey;
  const authorize = grouped<{ request: AuthorizeRequest; scenario: Scenario }>(
    ({ request }) => request.idempotencyKey,
    ({ request }) => request.idempotencyKey,
    AUTHORIZE,
    authorizeValues,
  );
  const finish = grouped<string>(
    (id) => id,
    (id) => id,
    FINISH,
    (ids) => [ids],
  );
  const capture = grouped<CaptureRequest>(key, account, CAPTURE, moveValues);
  const refund = grouped<RefundRequest>(key, account, REFUND, moveValues);
  const release = grouped<VoidRequest>(key, account, VOID, accountValues);
  return {
    authorize: (request, scenario) => authorize.add({ request, scenario }),
    finish: (authorizationKey) => finish.add(authorizationKey),
    capture: (request) => capture.add(request),
    void: (request) => release.add(request),
    refund: (request) => refund.add(request),
  };
}

/** Splits items so that no account comes twice in a round. Nearly always one round. */
function roundsOf<I>(items: readonly I[], accountOf: (item: I) => string): I[][] {
  const rounds: I[][] = [];
  const seen = new Map<string, number>();
  for (const item of items) {
    const account = accountOf(item);
    const index = seen.get(account) ?? 0;
    seen.set(account, index + 1);
    const round = rounds[index];
    if (round === undefined) rounds.push([item]);
    else round.push(item);
  }
  return rounds;
}

function authorizeValues(items: { request: AuthorizeRequest; scenario: Scenario }[]): unknown[] {
  return [
    arrayLiteral(items, ({ request }) => request.idempotencyKey),
    items.map(({ request }) => request.reference),
    items.map(({ request }) => request.currency),
    arrayLiteral(items, ({ request }) => request.amount),
    arrayLiteral(items, ({ scenario }) => asksWithoutEffect(scenario)),
    items.map(({ scenario }) => scenario.declineCode),
    arrayLiteral(items, ({ scenario }) => scenario.captureFailures),
    arrayLiteral(items, ({ scenario }) => scenario.refundFailures),
  ];
}

/** A slow authorisation takes effect later, and one whose answers are all lost never does: asking alone does not do it. */
function asksWithoutEffect({ failures, delayMs, lostAnswers }: Scenario): number {
  return delayMs > 0 || lostAnswers === "all" ? never : failures;
}

function accountValues(requests: readonly VoidRequest[]): unknown[] {
  return [
    arrayLiteral(requests, (request) => request.idempotencyKey),
    arrayLiteral(requests, (request) => request.authorizationKey),
    requests.map((request) => request.reference),
  ];
}

function moveValues(requests: readonly CaptureRequest[]): unknown[] {
  return [...accountValues(requests), arrayLiteral(requests, (request) => request.amount)];
}

function answerOf(row: AnswerRow | undefined): LedgerAnswer {
  if (row === undefined) return approvedAtOnce;
  return { asked: row.asked, outcome: row.outcome, declineCode: row.decline_code };
}
