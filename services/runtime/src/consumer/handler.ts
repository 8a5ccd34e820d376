import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Transaction } from "../database/index.ts";
import type { EventRecord } from "../event-log/index.ts";
import type { Event } from "../events/index.ts";

/** What a handler may do beside its own statements. */
export interface ApplyContext {
  /** Puts a record into the outbox of the same transaction. */
  emit(record: EventRecord): void;
  /** Runs after the transaction has committed; not at all when it rolls back. */
  afterCommit(hook: () => void | Promise<void>): void;
  /** Aborted when the batch can no longer be committed. */
  readonly signal: AbortSignal;
}

/** Applies the events of some message types, a whole batch at once, within the batch's transaction. */
export interface EventHandler {
  readonly messages: readonly DescMessage[];
  apply(events: readonly Event[], tx: Transaction, context: ApplyContext): Promise<void>;
}

/** An event of any of the messages; `event.message.$typeName` tells which. */
export type EventOf<D extends readonly DescMessage[]> = { [I in keyof D]: Event<MessageShape<D[I]>> }[number];

/**
 * Defines a handler with its events typed by the messages it names.
 * Events come in the order of their partition, only fresh ones (the inbox has dropped repeats).
 */
export function defineHandler<const D extends readonly DescMessage[]>(handler: {
  readonly messages: D;
  apply(events: readonly EventOf<D>[], tx: Transaction, context: ApplyContext): Promise<void>;
}): EventHandler {
  // The consumer hands a handler only events of the messages it names.
  return handler as EventHandler;
}
