// Carries a server stream from the service to the client, one message at a time: the next is asked for when the
// client has taken the last.
import type { ServerResponse } from "node:http";
import type { DescMessage, DescMethodServerStreaming, MessageShape } from "@bufbuild/protobuf";
import { DomainError, errors } from "@ordermesh/runtime/errors";
import type { Route } from "../routes.ts";
import type { StreamAnswer } from "./stream-answer.ts";

/** Streams under way, so that a stop can end them. */
export class OpenStreams {
  private readonly controllers = new Set<AbortController>();
  private stopped: DomainError | undefined;

  open(): AbortController {
    const controller = new AbortController();
    if (this.stopped !== undefined) controller.abort(this.stopped);
    this.controllers.add(controller);
    return controller;
  }

  close(controller: AbortController): void {
    this.controllers.delete(controller);
  }

  /** Ends all streams, those to come too: their clients are told to come back, and find another replica. */
  stop(): void {
    this.stopped = new DomainError(errors.UNAVAILABLE, "the gateway is stopping; ask again", { retryAfterMs: 1000 });
    for (const controller of this.controllers) controller.abort(this.stopped);
  }
}

export interface StreamCall {
  readonly method: DescMethodServerStreaming;
  readonly message: MessageShape<DescMessage>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

type Messages = AsyncIterator<MessageShape<DescMessage>>;

/** How long a failure may take to still become the status of the answer instead of an event within it. */
const HEAD_AFTER_MS = 1_000;

async function* only<T>(message: T): AsyncGenerator<T> {
  yield message;
}

async function start(
  route: Route,
  call: StreamCall,
  signal: AbortSignal,
): Promise<{ messages: Messages; first: IteratorResult<MessageShape<DescMessage>> }> {
  const { method, message, metadata, timeoutMs } = call;
  const opened = await route.transport.stream(method, signal, timeoutMs, metadata, only(message));
  const messages = opened.message[Symbol.asyncIterator]();
  return { messages, first: await messages.next() };
}

/** Relays until the service ends the stream or the client leaves. Rejects when the service fails. */
export async function relayStream(
  route: Route,
  call: StreamCall,
  answer: StreamAnswer,
  response: ServerResponse,
  streams: OpenStreams,
): Promise<void> {
  const controller = streams.open();
  const { signal } = controller;
  const leave = (): void => controller.abort();
  response.once("close", leave);
  const head = setTimeout(() => answer.open(route.successStatus), HEAD_AFTER_MS);
  try {
    const { messages, first } = await start(route, call, signal);
    answer.open(route.successStatus);
    for (let next = first; !next.done && !response.destroyed; next = await messages.next()) {
      await answer.message(route.write(next.value));
    }
    if (response.destroyed) await messages.return?.();
    else answer.close();
  } catch (error) {
    throw signal.reason instanceof DomainError ? signal.reason : error;
  } finally {
    clearTimeout(head);
    response.off("close", leave);
    streams.close(controller);
  }
}
