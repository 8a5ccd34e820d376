import { Code, ConnectError } from "@connectrpc/connect";
import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { headersFrom } from "./grpc-metadata.ts";
import { errorOf } from "./grpc-status.ts";
import type { Call } from "./grpc-unary-call.ts";

type Pull<T> = { resolve(result: IteratorResult<T>): void; reject(error: unknown): void };

/**
 * One server-streaming call. Messages are pulled: the next is read from the wire when the consumer asks for it, and a
 * consumer that leaves cancels the call.
 */
export class StreamCall<T> implements AsyncIterableIterator<T> {
  readonly #call: Call;
  readonly #decode: (bytes: Buffer) => T;
  readonly #signal: AbortSignal | undefined;
  readonly #opened = Promise.withResolvers<Headers>();
  readonly #trailer = new Headers();
  #pull: Pull<T> | undefined;
  #end: StatusObject | undefined;

  constructor(call: Call, decode: (bytes: Buffer) => T, signal: AbortSignal | undefined) {
    this.#call = call;
    this.#decode = decode;
    this.#signal = signal;
  }

  /** Sends the request; resolves with the response headers, rejects when the call fails before them. */
  start(metadata: Metadata, body: Buffer): Promise<Headers> {
    this.#signal?.addEventListener("abort", this.#abort, { once: true });
    this.#call.start(metadata, this);
    this.#call.sendMessageWithContext({}, body);
    this.#call.halfClose();
    return this.#opened.promise;
  }

  /** Filled when the call has ended. */
  get trailer(): Headers {
    return this.#trailer;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      if (this.#pull) return reject(new Error("a stream is read by one consumer, one message after another"));
      this.#pull = { resolve, reject };
      if (this.#end) this.#finish(this.#end);
      else this.#call.startRead();
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#opened.resolve(headersFrom(metadata));
  }

  onReceiveMessage(body: Buffer | null): void {
    const pull = this.#pull;
    if (body === null || !pull) return;
    this.#pull = undefined;
    try {
      pull.resolve({ done: false, value: this.#decode(body) });
    } catch (cause) {
      this.#abort();
      pull.reject(new ConnectError("a response does not decode", Code.Internal, undefined, undefined, cause));
    }
  }

  onReceiveStatus(end: StatusObject): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#end = end;
    headersFrom(end.metadata).forEach((value, name) => {
      this.#trailer.append(name, value);
    });
    if (end.code === status.OK) this.#opened.resolve(new Headers());
    else this.#opened.reject(errorOf(end));
    if (this.#pull) this.#finish(end);
  }

  #finish(end: StatusObject): void {
    const pull = this.#pull;
    this.#pull = undefined;
    if (end.code === status.OK) pull?.resolve({ done: true, value: undefined });
    else pull?.reject(errorOf(end));
  }

  readonly #abort = (): void => {
    this.#call.cancelWithStatus(status.CANCELLED, "the call was cancelled");
  };
}
