import { type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Caller } from "../auth/index.ts";

/** What the pipeline learnt about a call before its handler ran. */
export interface CallInfo {
  readonly caller: Caller;
  readonly correlationId: string;
  readonly idempotencyKey: string | undefined;
  readonly traceparent: string | undefined;
}

/** Key under which the Connect path keeps the call's info in the context's values. */
export const callInfoKey: ContextKey<CallInfo | undefined> = createContextKey<CallInfo | undefined>(undefined, {
  description: "ordermesh call info",
});

/** A context that holds the info itself; saves the gRPC path a ContextValues per call. */
export interface InformedContext extends HandlerContext {
  readonly info: CallInfo | undefined;
}

function infoOf(context: HandlerContext): CallInfo {
  const info = "info" in context ? (context as InformedContext).info : context.values.get(callInfoKey);
  if (!info) throw new Error("this context was not made by startRpcServer or createCallContext");
  return info;
}

/** The authenticated caller of the call being handled. */
export function callerOf(context: HandlerContext): Caller {
  return infoOf(context).caller;
}

/** The correlation id that the caller sent, or the one that was created for the call. */
export function correlationIdOf(context: HandlerContext): string {
  return infoOf(context).correlationId;
}

/** The Idempotency-Key of the call. Always there for methods whose idempotency_level is IDEMPOTENCY_UNKNOWN. */
export function idempotencyKeyOf(context: HandlerContext): string | undefined {
  return infoOf(context).idempotencyKey;
}

/** The W3C traceparent that the caller sent. */
export function traceparentOf(context: HandlerContext): string | undefined {
  return infoOf(context).traceparent;
}
