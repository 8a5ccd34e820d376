import type { EventEmitter } from "node:events";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { type ConnectError, type ContextValues, createContextValues } from "@connectrpc/connect";
import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { toConnectError } from "../errors/index.ts";
import {
  callCancelled,
  correlationHeader,
  correlationIdFrom,
  deadlineExceeded,
  type HeaderSource,
} from "./admission.ts";
import { type CallInfo, callInfoKey, type InformedContext } from "./call-info.ts";
import type { Cuttable } from "./call-tracker.ts";
import { addHeaders, headersFrom } from "./grpc-metadata.ts";
import { statusOf } from "./grpc-status.ts";

export type CallFailure = StatusObject & Error;
export type ServerCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

/** Timers may fire a little early; a cancellation this close to the deadline (ms) is the deadline's. */
const timerSlackMs = 5;

/**
 * The handler context of a gRPC call. What few handlers look at (headers, the abort signal, context values) is made
 * when first asked for, since it would cost more than the rest of the pipeline.
 */
export class GrpcContext implements InformedContext, HeaderSource, Cuttable {
  readonly method: DescMethod;
  readonly correlationId: string;
  readonly requestMethod = "POST";
  readonly protocolName = "grpc";
  info: CallInfo | undefined;
  /** Answers a unary call; grpc-js ignores all but the first answer. */
  respond: sendUnaryData<unknown> | undefined;
  readonly #call: ServerCall;
  readonly #deadlineMs: number;
  #controller: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;

  constructor(method: DescMethod, call: ServerCall) {
    this.method = method;
    this.#call = call;
    this.#deadlineMs = Number(call.getDeadline());
    this.correlationId = correlationIdFrom(this);
  }

  get service(): DescService {
    return this.method.parent;
  }

  get url(): string {
    return `http://${this.#call.getHost()}${this.#call.getPath()}`;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#call.cancelled) this.#onCancelled();
      else (this.#call as EventEmitter).once("cancelled", this.#onCancelled);
    }
    return this.#controller.signal;
  }

  /** The signal when something has asked for it. */
  get signalInUse(): AbortSignal | undefined {
    return this.#controller?.signal;
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= headersFrom(this.#call.metadata);
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get values(): ContextValues {
    this.#values ??= createContextValues().set(callInfoKey, this.info);
    return this.#values;
  }

  timeoutMs(): number | undefined {
    return this.#deadlineMs === Number.POSITIVE_INFINITY ? undefined : this.#deadlineMs - Date.now();
  }

  header(name: string): string | undefined {
    const value = this.#call.metadata.get(name)[0];
    return typeof value === "string" ? value : undefined;
  }

  /** Ends the call early: aborts the handler's signal and, for a unary call, answers with the error. */
  cut(error: Error): void {
    if (!this.#controller) this.#controller = new AbortController();
    this.#controller.abort(error);
    this.respond?.(this.failure(toConnectError(error)));
  }

  /**
   * What grpc-js takes as a failure: its status goes out trailers-only when nothing was sent before. Must not throw,
   * so it sends nothing that a handler has set.
   */
  failure(error: ConnectError): CallFailure {
    const status = statusOf(error);
    status.metadata.set(correlationHeader, this.correlationId);
    return { name: "CallFailure", message: status.details, ...status };
  }

  /** Metadata to send before the response. */
  responseMetadata(): Metadata {
    const metadata = new Metadata();
    metadata.set(correlationHeader, this.correlationId);
    if (this.#responseHeader) addHeaders(metadata, this.#responseHeader);
    return metadata;
  }

  /** Metadata to send after the response, if any. */
  trailerMetadata(): Metadata | undefined {
    if (!this.#responseTrailer) return undefined;
    const metadata = new Metadata();
    addHeaders(metadata, this.#responseTrailer);
    return metadata;
  }

  readonly #onCancelled = (): void => {
    const late = Date.now() >= this.#deadlineMs - timerSlackMs;
    this.#controller?.abort(late ? deadlineExceeded() : callCancelled());
  };
}
