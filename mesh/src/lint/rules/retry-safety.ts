// Retries of methods that must not be sent twice.
import type { RetryCondition } from "../../files/policy-file.ts";
import { type Found, type Rule, references } from "../finding.ts";
import { type MethodInEffect, methodsInEffect } from "../methods.ts";

/** Conditions under which no server can have begun the request. */
export const beforeTheServer: readonly RetryCondition[] = ["connect-failure", "refused-stream", "reset-before-request"];

/** Conditions under which the server may have done the work, or part of it. */
export const afterTheServer = (on: readonly RetryCondition[]): RetryCondition[] =>
  on.filter((condition) => !beforeTheServer.includes(condition));

const unsafe = ({ method, effective }: MethodInEffect): boolean =>
  method.idempotency === "unknown" && effective.retryAttempts.value > 0;

const silent = ({ effective }: MethodInEffect): boolean => effective.retryAttempts.source.kind === "default";

const howToDeclare = "or, if a repetition does no harm, declare idempotency_level in the proto";

function found(each: MethodInEffect, message: string): Found {
  const { service, method, effective, placeOf } = each;
  return {
    ...placeOf(effective.retryAttempts),
    service,
    method: method.name,
    message,
    fix: `write retries: none for ${method.name}, ${howToDeclare} (${method.file}:${method.line})`,
  };
}

export const retriedUnsafe: Rule = {
  code: "MESH-010",
  severity: "error",
  title: "Retries on a method that its proto does not declare idempotent",
  why: "UNAVAILABLE and a reset also come from servers that did the work and lost the answer: a proxy that dies, a connection that breaks after the commit. The retry then does it again. Payments were paid out twice this way.",
  wrong: "methods: { IssueTickets: { retries: { attempts: 2, on: [unavailable] } } }  # no idempotency_level",
  right: "methods: { IssueTickets: { retries: none } }",
  sources: [
    "https://github.com/istio/istio/issues/50506",
    "https://github.com/istio/istio/issues/13851",
    "https://github.com/envoyproxy/envoy/issues/39800",
    references.statusCodes,
  ],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter((each) => unsafe(each) && !silent(each) && afterTheServer(each.effective.retryOn.value).length > 0)
      .map((each) => {
        const { retryAttempts, retryOn } = each.effective;
        const conditions = afterTheServer(retryOn.value).join(", ");
        return found(
          each,
          `sent up to ${retryAttempts.value + 1} times, though its proto does not declare it idempotent; after ${conditions} the server may have done the work`,
        );
      }),
};

export const silentlyRetriedUnsafe: Rule = {
  code: "MESH-011",
  severity: "error",
  title: "Istio's silent retries on a method that its proto does not declare idempotent",
  why: "A route that says nothing of retries gets two, on connect-failure, refused-stream, unavailable, cancelled and retriable-status-codes. Nobody wrote it, so nobody reviews it, until an order is placed three times.",
  wrong: "methods: { Book: { timeout: 3s } }  # says nothing of retries",
  right: "methods: { Book: { timeout: 3s, retries: none } }",
  sources: [
    "https://github.com/istio/istio/issues/50506",
    "https://github.com/istio/istio/issues/13851",
    references.virtualService,
  ],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter((each) => unsafe(each) && silent(each))
      .map((each) => {
        const attempts = each.effective.retryAttempts.value;
        return found(
          each,
          `nothing is said of retries, so Istio ${mesh.settings.value.istio} sends it up to ${attempts + 1} times, though its proto does not declare it idempotent`,
        );
      }),
};

export const retriedBeforeTheServer: Rule = {
  code: "MESH-012",
  severity: "warning",
  title: "Connection-level retries on a method without a declared idempotency",
  why: "A failed connection or a refused stream never reached the server, so such a retry is safe by itself. But the list of conditions is one word away from an unsafe one, and nothing in the proto tells the next reader that the method must not be repeated.",
  wrong: "methods: { Book: { retries: { attempts: 1, on: [connect-failure] } } }",
  right: "methods: { Book: { retries: none } }",
  sources: [references.router],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter((each) => unsafe(each) && !silent(each) && afterTheServer(each.effective.retryOn.value).length === 0)
      .map((each) =>
        found(
          each,
          `retried on ${each.effective.retryOn.value.join(", ")} only, which is safe, but its proto does not declare it idempotent`,
        ),
      ),
};
