// Every rule, in the order of its code. Codes are never used again: a rule that goes is listed as retired.
import type { Rule } from "./finding.ts";
import * as backOff from "./rules/back-off.ts";
import * as breaker from "./rules/breaker.ts";
import * as callGraph from "./rules/call-graph.ts";
import * as callersAndCode from "./rules/callers-and-code.ts";
import * as deadlines from "./rules/deadlines.ts";
import * as ejection from "./rules/ejection.ts";
import * as files from "./rules/files.ts";
import * as hiddenRules from "./rules/hidden-rules.ts";
import * as missingFacts from "./rules/missing-facts.ts";
import * as ports from "./rules/ports.ts";
import * as retryConditions from "./rules/retry-conditions.ts";
import * as retryLayers from "./rules/retry-layers.ts";
import * as retryLimits from "./rules/retry-limits.ts";
import * as retrySafety from "./rules/retry-safety.ts";
import * as streams from "./rules/streams.ts";
import * as tries from "./rules/tries-and-timeout.ts";
import * as unknownNames from "./rules/unknown-names.ts";

export const rules: readonly Rule[] = [
  files.unreadableFile,
  unknownNames.unknownService,
  unknownNames.unknownMethod,
  unknownNames.unknownWorkload,
  files.suppressionUnused,
  missingFacts.serviceWithoutPolicy,
  missingFacts.unreadableCode,
  missingFacts.replicasNotSaid,
  retrySafety.retriedUnsafe,
  retrySafety.silentlyRetriedUnsafe,
  retrySafety.retriedBeforeTheServer,
  retryLayers.faultBesideRetry,
  retryLayers.retriedInCodeToo,
  retryLayers.retriedAtTwoHops,
  retryConditions.conditionNeverMet,
  retryConditions.overloadRetried,
  retryConditions.retriesNeverAllowed,
  tries.perTryHidden,
  tries.noRetryFits,
  tries.fewerTriesFit,
  tries.retriesWithoutPerTry,
  tries.perTryNotRetried,
  tries.timedOutByCallee,
  deadlines.calleeAboveCaller,
  deadlines.calleesTogether,
  deadlines.noTimeout,
  deadlines.deadlineNeverReached,
  deadlines.connectAboveCall,
  streams.streamWithTimeout,
  streams.streamRetried,
  backOff.backoffNotInIstio,
  backOff.backoffUpsideDown,
  ejection.neverEjects,
  ejection.nothingToEjectTo,
  ejection.mayEjectAll,
  ejection.gatewayThresholdHidden,
  ejection.partialFailureUnseen,
  ejection.ejectionTooShort,
  ejection.minHealthUndoes,
  ejection.failoverWithoutEjection,
  ejection.silentFailover,
  retryLimits.budgetLeftToDefault,
  retryLimits.retriesUnlimited,
  retryLimits.budgetTooLarge,
  breaker.breakerAboveServers,
  breaker.noBreaker,
  ports.headlessService,
  ports.protocolNotSaid,
  ports.protocolNotGrpc,
  callersAndCode.methodWithoutCaller,
  callersAndCode.edgeNotUsed,
  callersAndCode.callWithoutEdge,
  callGraph.duringNotAllowed,
  callGraph.callCycle,
  callGraph.edgeWithoutCause,
  hiddenRules.sameAsDefaults,
  hiddenRules.sameAsBase,
  ports.workloadTwice,
  retryLimits.budgetHidden,
  hiddenRules.defaultsUnused,
  hiddenRules.methodTwice,
];

/** Codes of rules that are gone. None may be given to another. */
export const retiredCodes: readonly string[] = [];

export const findRule = (code: string): Rule | undefined => rules.find((rule) => rule.code === code);
