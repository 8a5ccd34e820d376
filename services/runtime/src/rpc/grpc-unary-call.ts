import type { DescMessage, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type UnaryResponse } from "@connectrpc/connect";
import { type ChannelInterface, type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { headersFrom } from "./grpc-metadata.ts";
import { errorOf } from "./grpc-status.ts";

export type Call = ReturnType<ChannelInterface["createCall"]>;
type Listener = Parameters<Call["start"]>[1];

/** A response whose headers are only converted when someone looks at them. */
class GrpcUnaryResponse<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly #headers: Metadata | undefined;
  readonly #trailers: Metadata;

  constructor(
    method: DescMethodUnary<I, O>,
    message: MessageShape<O>,
    headers: Metadata | undefined,
    trailers: Metadata,
  ) {
    this.method = method;
    this.message = message;
    this.#headers = headers;
    this.#trailers = trailers;
  }

  get service(): DescService {
    return this.method.parent;
  }

  get header(): Headers {
    return headersFrom(this.#headers);
  }

  get trailer(): Headers {
    return headersFrom(this.#trailers);
  }
}

/**
 * One unary call, driven on the channel itself: the layers of grpc.Client above it (interceptors, emitters) cost a
 * good part of the client's CPU and serve nothing here.
 */
export class UnaryCall<I extends DescMessage, O extends DescMessage> implements Listener {
  readonly #method: DescMethodUnary<I, O>;
  readonly #decode: (bytes: Buffer) => MessageShape<O>;
  readonly #call: Call;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (response: UnaryResponse<I, O>) => void;
  readonly #reject: (error: ConnectError) => void;
  #headers: Metadata | undefined;
  #body: Buffer | undefined;

  constructor(
    method: DescMethodUnary<I, O>,
    decode: (bytes: Buffer) => MessageShape<O>,
    call: Call,
    signal: AbortSignal | undefined,
    resolve: (response: UnaryResponse<I, O>) => void,
    reject: (error: ConnectError) => void,
  ) {
    this.#method = method;
    this.#decode = decode;
    this.#call = call;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(metadata: Metadata, body: Buffer): void {
    this.#signal?.addEventListener("abort", this.#abort, { once: true });
    this.#call.start(metadata, this);
    this.#call.sendMessageWithContext({}, body);
    this.#call.halfClose();
    this.#call.startRead();
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#headers = metadata;
  }

  onReceiveMessage(body: Buffer | null): void {
    if (body !== null) this.#body = body;
    this.#call.startRead();
  }

  onReceiveStatus(end: StatusObject): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    if (end.code === status.OK) this.#succeed(end);
    else this.#reject(errorOf(end));
  }

  #succeed(end: StatusObject): void {
    if (!this.#body) {
      this.#reject(new ConnectError("the server sent no response message", Code.Unimplemented));
      return;
    }
    try {
      const message = this.#decode(this.#body);
      this.#resolve(new GrpcUnaryResponse(this.#method, message, this.#headers, end.metadata));
    } catch (cause) {
      const text = `the response is not a ${this.#method.output.typeName}`;
      this.#reject(new ConnectError(text, Code.Internal, undefined, undefined, cause));
    }
  }

  readonly #abort = (): void => {
    this.#call.cancelWithStatus(status.CANCELLED, "the call was cancelled");
  };
}
