import type { DescMessage } from "@bufbuild/protobuf";
import type { LogRecord } from "../event-log/index.ts";
import { decodeEvent, type Event, eventTypeOf, MalformedEventError } from "../events/index.ts";
import type { EventHandler } from "./handler.ts";

/** A record that can never be applied, and why. */
export interface Poison {
  readonly record: LogRecord;
  readonly reason: string;
  readonly attempts: number;
}

/** The records of a batch that matter: events that decode, and those that do not. */
export interface SortedRecords {
  readonly events: readonly Event[];
  readonly poison: readonly Poison[];
}

/** The messages that handlers take, by type name. */
export function wantedMessages(handlers: readonly EventHandler[]): ReadonlyMap<string, DescMessage> {
  return new Map(handlers.flatMap((handler) => handler.messages.map((message) => [message.typeName, message])));
}

/** Decodes what is wanted. Records of other types are left unread; one without a type is poison. */
export function sortRecords(records: readonly LogRecord[], wanted: ReadonlyMap<string, DescMessage>): SortedRecords {
  const events: Event[] = [];
  const poison: Poison[] = [];
  for (const record of records) {
    try {
      const type = eventTypeOf(record);
      if (type === undefined) throw new MalformedEventError("the record has no ce_type");
      const schema = wanted.get(type);
      if (schema) events.push(decodeEvent(schema, record));
    } catch (error) {
      if (!(error instanceof MalformedEventError || error instanceof SyntaxError)) throw error;
      poison.push({ record, reason: error.message, attempts: 1 });
    }
  }
  return { events, poison };
}
