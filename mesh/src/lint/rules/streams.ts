// Streams under rules that are made for calls with one answer.
import { formatDuration } from "../../files/values.ts";
import { type Rule, references } from "../finding.ts";
import { methodsInEffect } from "../methods.ts";

export const streamWithTimeout: Rule = {
  code: "MESH-030",
  severity: "error",
  title: "A stream with a timeout",
  why: "The timeout of a route runs from the request to the end of the answer, so every stream is cut off when it is that old, however much it is used. A per-try timeout cuts off a stream whose first message comes later than it.",
  wrong: "defaults: { timeout: 800ms }  # and WatchSeats returns a stream",
  right: "methods: { WatchSeats: { timeout: none, retries: none } }",
  sources: [
    "https://github.com/istio/istio/issues/1667",
    "https://github.com/knative-extensions/net-istio/issues/202",
    references.router,
  ],
  check: ({ mesh }) =>
    methodsInEffect(mesh).flatMap(({ service, method, effective, placeOf }) => {
      if (method.streaming === "unary") return [];
      const { timeoutMs, retryPerTryMs, retryAttempts } = effective;
      const perTry = retryAttempts.value > 0 ? retryPerTryMs.value : null;
      const cut = timeoutMs.value ?? perTry;
      if (cut === null) return [];
      const said = timeoutMs.value === null ? retryPerTryMs : timeoutMs;
      const when = timeoutMs.value === null ? "without a first message by then" : "in use or not";
      return [
        {
          ...placeOf(said),
          service,
          method: method.name,
          message: `a ${method.streaming === "server" ? "stream of answers" : "stream of requests"}, cut off after ${formatDuration(cut)}, ${when}`,
          fix: `write ${method.name}: { timeout: none, retries: none }`,
        },
      ];
    }),
};

export const streamRetried: Rule = {
  code: "MESH-031",
  severity: "warning",
  title: "Retries of a stream of requests",
  why: "To repeat it the proxy must have kept all that the client sent. It keeps a buffer's worth and gives up retrying beyond, so short streams are repeated and long ones are not.",
  wrong: "methods: { UploadPosters: { retries: { attempts: 2 } } }  # takes a stream",
  right: "methods: { UploadPosters: { retries: none } }",
  sources: [references.router, "https://github.com/envoyproxy/envoy/issues/6930"],
  check: ({ mesh }) =>
    methodsInEffect(mesh)
      .filter(({ method }) => method.streaming === "client" || method.streaming === "bidi")
      .filter(({ effective }) => effective.retryAttempts.value > 0)
      .map(({ service, method, effective, placeOf }) => ({
        ...placeOf(effective.retryAttempts),
        service,
        method: method.name,
        message: `takes a stream of requests and is retried ${effective.retryAttempts.value} times, as long as the proxy still has all of it`,
        fix: `write retries: none for ${method.name}; let the client begin anew`,
      })),
};
