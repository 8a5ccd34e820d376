import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type Transport, type UnaryResponse } from "@connectrpc/connect";
import {
  type ChannelCredentials,
  type ChannelInterface,
  connectivityState,
  Metadata,
  type MethodDefinition,
} from "@grpc/grpc-js";
import { openChannel } from "./grpc-channel.ts";
import { addHeaders, type HeaderInit } from "./grpc-metadata.ts";
import { StreamCall } from "./grpc-stream-call.ts";
import { UnaryCall } from "./grpc-unary-call.ts";
import { methodDefinition } from "./method-definition.ts";

export interface GrpcTransportOptions {
  /** host:port of every replica; calls go to those that are connected, in turn. See channelTarget for what is allowed. */
  addresses: readonly string[];
  /** Deadline (ms) of unary calls that set no timeout. Streams have none unless they set it. */
  defaultTimeoutMs: number;
  credentials?: ChannelCredentials;
}

export interface GrpcTransport extends Transport {
  /** Resolves when a connection stands; rejects after `timeoutMs` milliseconds. */
  waitForReady(timeoutMs: number): Promise<void>;
  close(): void;
}

/**
 * A Connect transport over grpc-js: `createClient(Service, transport)` is a typed client. Errors are ConnectErrors
 * with their details decoded. Nothing is retried; a lost connection is retried after 100 ms to 1 s.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  return new ChannelTransport(openChannel(options.addresses, options.credentials), options.defaultTimeoutMs);
}

class ChannelTransport implements GrpcTransport {
  readonly #channel: ChannelInterface;
  readonly #defaultTimeoutMs: number;
  readonly #definitions = new Map<DescMethod, MethodDefinition<unknown, unknown>>();

  constructor(channel: ChannelInterface, defaultTimeoutMs: number) {
    this.#channel = channel;
    this.#defaultTimeoutMs = defaultTimeoutMs;
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeaderInit | undefined,
    input: MessageInitShape<I>,
  ): Promise<UnaryResponse<I, O>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw new ConnectError("the call was cancelled", Code.Canceled);
      const definition = this.#definitionOf(method);
      const body = definition.requestSerialize(create(method.input, input));
      const call = this.#createCall(definition.path, timeoutMs ?? this.#defaultTimeoutMs);
      // The definition was made from this very method, so what it decodes is the method's output.
      const decode = definition.responseDeserialize as (bytes: Buffer) => MessageShape<O>;
      new UnaryCall(method, decode, call, signal, resolve, reject).start(metadataFrom(header), body);
    });
  }

  async stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeaderInit | undefined,
    input: AsyncIterable<MessageInitShape<I>>,
  ): Promise<StreamResponse<I, O>> {
    if (method.methodKind !== "server_streaming") {
      throw new ConnectError(`${method.methodKind} methods are not supported`, Code.Unimplemented);
    }
    const definition = this.#definitionOf(method);
    const body = definition.requestSerialize(create(method.input, await firstOf(input)));
    if (signal?.aborted) throw new ConnectError("the call was cancelled", Code.Canceled);
    const decode = definition.responseDeserialize as (bytes: Buffer) => MessageShape<O>;
    const call = new StreamCall(this.#createCall(definition.path, timeoutMs), decode, signal);
    const headers = await call.start(metadataFrom(header), body);
    return { stream: true, service: method.parent, method, header: headers, trailer: call.trailer, message: call };
  }

  waitForReady(timeoutMs: number): Promise<void> {
    const channel = this.#channel;
    const deadlineMs = Date.now() + timeoutMs;
    return new Promise((resolve, reject) => {
      const check = (error?: Error): void => {
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) resolve();
        else if (error) reject(new ConnectError(`no connection to ${channel.getTarget()} in time`, Code.Unavailable));
        else channel.watchConnectivityState(state, deadlineMs, check);
      };
      check();
    });
  }

  close(): void {
    this.#channel.close();
  }

  #createCall(path: string, timeoutMs: number | undefined): ReturnType<ChannelInterface["createCall"]> {
    const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
    return this.#channel.createCall(path, deadline, null, null, null);
  }

  #definitionOf(method: DescMethod): MethodDefinition<unknown, unknown> {
    let definition = this.#definitions.get(method);
    if (!definition) {
      definition = methodDefinition(method);
      this.#definitions.set(method, definition);
    }
    return definition;
  }
}

function metadataFrom(header: HeaderInit | undefined): Metadata {
  const metadata = new Metadata();
  if (header) addHeaders(metadata, header);
  return metadata;
}

async function firstOf<T>(input: AsyncIterable<T>): Promise<T> {
  for await (const message of input) return message;
  throw new ConnectError("a server-streaming call needs a request message", Code.InvalidArgument);
}
