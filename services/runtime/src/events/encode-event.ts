import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { EventRecord } from "../event-log/index.ts";
import { newEventId } from "../ids/index.ts";

export interface EventMetadata {
  readonly topic: string;
  /** The order id: it decides the partition, and so whose order is kept. */
  readonly key: string;
  readonly time: Date;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** A new UUIDv7 unless given. */
  readonly id?: string | undefined;
}

/** An event ready for the outbox. */
export interface EncodedEvent extends EventRecord {
  readonly id: string;
}

export interface EventEncoder {
  /** Encodes a message as the value and its CloudEvents attributes as headers. */
  encode<D extends DescMessage>(schema: D, message: MessageInitShape<D>, metadata: EventMetadata): EncodedEvent;
}

/**
 * Makes the encoder of one service.
 * @param source the CloudEvents source of all its events, for example `/ordermesh/order`
 */
export function createEventEncoder(source: string): EventEncoder {
  return {
    encode(schema, message, { topic, key, time, correlationId, traceparent, id = newEventId(time.getTime()) }) {
      const headers: Record<string, string> = {
        ce_specversion: "1.0",
        ce_id: id,
        ce_type: schema.typeName,
        ce_source: source,
        ce_time: time.toISOString(),
        ce_subject: key,
        "content-type": "application/protobuf",
      };
      if (traceparent !== undefined) {
        headers["traceparent"] = traceparent;
      }
      if (correlationId !== undefined) {
        headers["correlationid"] = correlationId;
      }
      return { id, topic, key, headers, value: toBinary(schema, create(schema, message)) };
    },
  };
}
