import type { DescMethod } from "@bufbuild/protobuf";
import { createContextValues, createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import type { Caller } from "../auth/index.ts";
import { callInfoKey } from "./call-info.ts";

/** What a made-up call is like. */
export interface CallContextOptions {
  caller: Caller;
  correlationId?: string;
  idempotencyKey?: string;
  traceparent?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Makes a context for calling a handler without a server: in tests, or from other code of the same service. */
export function createCallContext(method: DescMethod, options: CallContextOptions): HandlerContext {
  const { caller, correlationId = "none", idempotencyKey, traceparent, timeoutMs, signal } = options;
  const contextValues = createContextValues().set(callInfoKey, { caller, correlationId, idempotencyKey, traceparent });
  return createHandlerContext({
    service: method.parent,
    method,
    protocolName: "connect",
    requestMethod: "POST",
    url: `http://local/${method.parent.typeName}/${method.name}`,
    contextValues,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { requestSignal: signal }),
  });
}
