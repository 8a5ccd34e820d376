import { expect, it } from "vitest";
import { scenarioOf } from "./scenario.ts";

it.each([
  ["tok_approve", {}],
  ["tok_decline", { declineCode: "declined" }],
  ["tok_decline_insufficient_funds", { declineCode: "insufficient_funds" }],
  ["tok_slow_250", { delayMs: 250 }],
  ["tok_fail_3", { failures: 3 }],
  ["tok_timeout", { lostAnswers: "all" }],
  ["tok_timeout_charged", { lostAnswers: "first" }],
  ["tok_capture_fail_2", { captureFailures: 2 }],
  ["tok_refund_fail_1", { refundFailures: 1 }],
])("%s does what it says and nothing else", (token, difference) => {
  expect(scenarioOf(token)).toEqual({
    declineCode: "",
    failures: 0,
    captureFailures: 0,
    refundFailures: 0,
    delayMs: 0,
    lostAnswers: "none",
    ...difference,
  });
});

it.each(["", "tok_unknown", "tok_slow_", "tok_fail_x", "tok_slow_1234567", "tok_approve ", "__proto__", "constructor"])(
  "%j is declined as invalid",
  (token) => {
    expect(scenarioOf(token)).toMatchObject({ declineCode: "invalid_token" });
  },
);
