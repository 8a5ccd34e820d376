import { create, type Message } from "@bufbuild/protobuf";
import type { ConnectError, HandlerContext } from "@connectrpc/connect";
import { admit, authenticate, correlationHeader, correlationIdFrom } from "./admission.ts";
import { callFault } from "./call-fault.ts";
import { callInfoKey } from "./call-info.ts";
import type { Cuttable } from "./call-tracker.ts";
import type { MethodPlan, StreamHandler, StreamPlan, UnaryHandler, UnaryPlan } from "./method-plan.ts";
import type { Pipeline } from "./pipeline.ts";
import { validateMessage } from "./request-validation.ts";
import { untilAborted } from "./until-aborted.ts";

/** The handler of a unary method with the pipeline around it, for a Connect router. */
export function connectUnaryHandler(plan: UnaryPlan, pipeline: Pipeline): UnaryHandler {
  return async (request, context) => {
    // A call that outlasts the grace is cut by closing its connection.
    const call: Cuttable = { cut: () => undefined };
    pipeline.tracker.enter(call);
    try {
      await admitConnect(plan, pipeline, request, context);
      const response = await beforeAbort(plan.handle(request, context), context.signal);
      return create(plan.method.output, response);
    } catch (error) {
      throw connectFault(error, plan, pipeline, context);
    } finally {
      pipeline.tracker.leave(call);
    }
  };
}

/** As {@link connectUnaryHandler}, for a server-streaming method. */
export function connectStreamHandler(plan: StreamPlan, pipeline: Pipeline): StreamHandler {
  return async function* handle(request, context) {
    const stopping = new AbortController();
    const call: Cuttable = { cut: (error) => stopping.abort(error) };
    pipeline.tracker.enterStream(call);
    const signal = AbortSignal.any([context.signal, stopping.signal]);
    const cuttable: HandlerContext = Object.create(context, { signal: { value: signal } });
    try {
      await admitConnect(plan, pipeline, request, context);
      for await (const response of untilAborted(plan.handle(request, cuttable), signal)) {
        yield create(plan.method.output, response);
      }
    } catch (error) {
      throw connectFault(error, plan, pipeline, cuttable);
    } finally {
      pipeline.tracker.leaveStream(call);
    }
  };
}

async function admitConnect(
  plan: MethodPlan,
  pipeline: Pipeline,
  request: Message,
  context: HandlerContext,
): Promise<void> {
  const source = { header: (name: string) => context.requestHeader.get(name) ?? undefined };
  const correlationId = correlationIdFrom(source);
  context.responseHeader.set(correlationHeader, correlationId);
  const caller = await authenticate(pipeline.verifier, source);
  context.values.set(callInfoKey, admit(plan, caller, source, correlationId, context.timeoutMs()));
  validateMessage(plan.method.input, request);
}

function connectFault(error: unknown, plan: MethodPlan, pipeline: Pipeline, context: HandlerContext): ConnectError {
  const correlationId = context.responseHeader.get(correlationHeader) ?? "";
  return callFault(error, { logger: pipeline.logger, method: plan.name, correlationId, signal: context.signal });
}

/** Connect waits for a handler even when the deadline has passed; gRPC does not, so neither do we. */
function beforeAbort<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> | T {
  if (!(work instanceof Promise)) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
