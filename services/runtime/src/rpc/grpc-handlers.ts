import { create, type Message, toBinary } from "@bufbuild/protobuf";
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from "@grpc/grpc-js";
import { DomainError, errors } from "../errors/index.ts";
import { admit, authenticate } from "./admission.ts";
import { callFault } from "./call-fault.ts";
import { type CallFailure, GrpcContext } from "./grpc-context.ts";
import { UndecodableRequest } from "./method-definition.ts";
import type { MethodPlan, StreamPlan, UnaryPlan } from "./method-plan.ts";
import type { Pipeline } from "./pipeline.ts";
import { validateMessage } from "./request-validation.ts";
import { untilAborted } from "./until-aborted.ts";

/** The grpc-js handler of a unary method. */
export function unaryHandler(plan: UnaryPlan, pipeline: Pipeline): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    void handleUnary(plan, pipeline, call, callback);
  };
}

async function handleUnary(
  plan: UnaryPlan,
  pipeline: Pipeline,
  call: ServerUnaryCall<unknown, unknown>,
  callback: sendUnaryData<unknown>,
): Promise<void> {
  const context = new GrpcContext(plan.method, call);
  context.respond = callback;
  pipeline.tracker.enter(context);
  try {
    const authenticated = authenticate(pipeline.verifier, context);
    const caller = authenticated instanceof Promise ? await authenticated : authenticated;
    context.info = admit(plan, caller, context, context.correlationId, context.timeoutMs());
    const response = await plan.handle(validRequest(plan, call.request), context);
    const message = encode(plan, response);
    const trailers = context.trailerMetadata();
    call.sendMetadata(context.responseMetadata());
    callback(null, message, trailers);
  } catch (error) {
    callback(failure(error, plan, pipeline, context));
  } finally {
    pipeline.tracker.leave(context);
  }
}

/** The grpc-js handler of a server-streaming method. */
export function streamHandler(plan: StreamPlan, pipeline: Pipeline): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    void handleStream(plan, pipeline, call);
  };
}

async function handleStream(
  plan: StreamPlan,
  pipeline: Pipeline,
  call: ServerWritableStream<unknown, unknown>,
): Promise<void> {
  const context = new GrpcContext(plan.method, call);
  const { signal } = context;
  pipeline.tracker.enterStream(context);
  try {
    const caller = await authenticate(pipeline.verifier, context);
    context.info = admit(plan, caller, context, context.correlationId, context.timeoutMs());
    let headersSent = false;
    const sendHeaders = (): void => {
      if (!headersSent) call.sendMetadata(context.responseMetadata());
      headersSent = true;
    };
    for await (const response of untilAborted(plan.handle(validRequest(plan, call.request), context), signal)) {
      const message = encode(plan, response);
      sendHeaders();
      if (!call.write(message)) await drained(call, signal);
    }
    sendHeaders();
    call.end(context.trailerMetadata());
  } catch (error) {
    const status = failure(error, plan, pipeline, context);
    // A call that was cancelled is destroyed already and takes no status.
    if (!call.cancelled) call.emit("error", status);
  } finally {
    pipeline.tracker.leaveStream(context);
  }
}

function validRequest(plan: MethodPlan, request: unknown): Message {
  if (request instanceof UndecodableRequest) {
    const message = `the request is not a ${plan.method.input.typeName}`;
    throw new DomainError(errors.VALIDATION_FAILED, message, { cause: request.cause });
  }
  validateMessage(plan.method.input, request as Message);
  return request as Message;
}

/** Encodes here rather than in grpc-js, so that a response that does not encode is a fault like any other. */
function encode(plan: MethodPlan, response: Parameters<typeof create>[1]): Buffer {
  const bytes = toBinary(plan.method.output, create(plan.method.output, response));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function failure(error: unknown, plan: MethodPlan, pipeline: Pipeline, context: GrpcContext): CallFailure {
  const { correlationId, signalInUse: signal } = context;
  return context.failure(callFault(error, { logger: pipeline.logger, method: plan.name, correlationId, signal }));
}

function drained(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      call.removeListener("drain", settle);
      signal.removeEventListener("abort", settle);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    call.once("drain", settle);
    signal.addEventListener("abort", settle);
    if (signal.aborted) settle();
  });
}
