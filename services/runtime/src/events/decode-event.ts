import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { type LogRecord, readHeader } from "../event-log/index.ts";
import { isUuid } from "../ids/index.ts";

/** A decoded event and where it came from. */
export interface Event<T = unknown> {
  readonly id: string;
  /** Full protobuf name of the message, for example `ordermesh.order.v1.OrderPlaced`. */
  readonly type: string;
  readonly key: string;
  /** When it happened, as its source said. */
  readonly time: Date;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly message: T;
  readonly record: LogRecord;
}

/** Says why a record cannot be read as an event. */
export class MalformedEventError extends Error {
  override readonly name = "MalformedEventError";
}

/** The event type of a record, or undefined when it has none. */
export function eventTypeOf(record: LogRecord): string | undefined {
  return readHeader(record, "ce_type");
}

/**
 * Decodes a record as an event of the given message.
 * @throws MalformedEventError when an attribute is missing or wrong, or the value does not decode
 */
export function decodeEvent<D extends DescMessage>(schema: D, record: LogRecord): Event<MessageShape<D>> {
  const id = readHeader(record, "ce_id") ?? "";
  if (!isUuid(id)) {
    throw new MalformedEventError(`ce_id must be a UUID, got ${JSON.stringify(id)}`);
  }
  const time = new Date(readHeader(record, "ce_time") ?? "");
  if (Number.isNaN(time.getTime())) {
    throw new MalformedEventError(`ce_time must be an RFC 3339 time, got ${JSON.stringify(record.headers["ce_time"])}`);
  }
  return {
    id,
    type: schema.typeName,
    key: record.key,
    time,
    correlationId: readHeader(record, "correlationid"),
    traceparent: readHeader(record, "traceparent"),
    message: decodeMessage(schema, record.value),
    record,
  };
}

function decodeMessage<D extends DescMessage>(schema: D, value: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, value);
  } catch (cause) {
    throw new MalformedEventError(`the value does not decode as ${schema.typeName}`, { cause });
  }
}
