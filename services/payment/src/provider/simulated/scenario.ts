// What the simulated provider does with a payment, as its token says.

export interface Scenario {
  /** Empty: approve. */
  readonly declineCode: string;
  /** Calls of the authorisation, the capture and each refund that fail before one takes effect. */
  readonly failures: number;
  readonly captureFailures: number;
  readonly refundFailures: number;
  /** How long the authorisation takes. */
  readonly delayMs: number;
  /** Which answers to the authorisation are lost. */
  readonly lostAnswers: "none" | "first" | "all";
}

const approve: Scenario = {
  declineCode: "",
  failures: 0,
  captureFailures: 0,
  refundFailures: 0,
  delayMs: 0,
  lostAnswers: "none",
};

const fixed: Readonly<Record<string, Scenario>> = {
  tok_approve: approve,
  tok_decline: { ...approve, declineCode: "declined" },
  tok_decline_insufficient_funds: { ...approve, declineCode: "insufficient_funds" },
  tok_timeout: { ...approve, lostAnswers: "all" },
  tok_timeout_charged: { ...approve, lostAnswers: "first" },
};

const unknown: Scenario = { ...approve, declineCode: "invalid_token" };

const counted = /^tok_(slow|fail|capture_fail|refund_fail)_(\d{1,6})$/;

/** The scenario of a token; one that is not known is declined. */
export function scenarioOf(token: string): Scenario {
  const scenario = Object.hasOwn(fixed, token) ? fixed[token] : undefined;
  if (scenario !== undefined) return scenario;
  const [, kind, digits] = counted.exec(token) ?? [];
  const count = Number(digits);
  switch (kind) {
    case "slow":
      return { ...approve, delayMs: count };
    case "fail":
      return { ...approve, failures: count };
    case "capture_fail":
      return { ...approve, captureFailures: count };
    case "refund_fail":
      return { ...approve, refundFailures: count };
    default:
      return unknown;
  }
}
