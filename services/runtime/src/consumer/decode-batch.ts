import type { DescMessage } from "@bufbuild/protobuf";
import type { LogRecord } from "../event-log/index.ts";
import { decodeEvent, type Event, eventTypeOf, MalformedEventError } from "../events/index.ts";
import type { EventHandler } from "./handler.ts";

/** A record that can never be applied, and why. */
export interface DeadRecord {
  readonly record: LogRecord;
  readonly reason: string;
}

export interface DecodedBatch {
  readonly events: readonly Event[];
  readonly dead: readonly DeadRecord[];
}

/** Makes a decoder of the types that the handlers want; records of other types are dropped unread. */
export function createDecoder(handlers: readonly EventHandler[]): (records: readonly LogRecord[]) => DecodedBatch {
  const schemas = new Map<string, DescMessage>();
  for (const message of handlers.flatMap((handler) => handler.messages)) {
    schemas.set(message.typeName, message);
  }

  return (records) => {
    const events: Event[] = [];
    const dead: DeadRecord[] = [];
    for (const record of records) {
      const schema = schemas.get(eventTypeOf(record) ?? "");
      if (schema === undefined) {
        continue;
      }
      try {
        events.push(decodeEvent(schema, record));
      } catch (error) {
        if (!(error instanceof MalformedEventError)) {
          throw error;
        }
        dead.push({ record, reason: error.message });
      }
    }
    return { events, dead };
  };
}
