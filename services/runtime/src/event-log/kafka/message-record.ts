import type { IHeaders, KafkaMessage } from "kafkajs";
import type { LogRecord } from "../port.ts";

/**
 * A message as the port knows it. Messages of foreign producers may lack a key or a value, and may repeat a header:
 * what is missing is empty, and of a repeated header the first counts.
 */
export function toLogRecord(topic: string, partition: number, message: KafkaMessage): LogRecord {
  return new MessageRecord(topic, partition, message);
}

const EMPTY = new Uint8Array();

/** Reads its headers when they are asked for. */
class MessageRecord implements LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: Uint8Array;
  /** The broker's clock, on topics that are set to it: kafkajs gives its time for the one of the producer then. */
  readonly appendTime: Date;
  readonly #message: KafkaMessage;
  #headers: Readonly<Record<string, string>> | undefined;

  constructor(topic: string, partition: number, message: KafkaMessage) {
    this.topic = topic;
    this.partition = partition;
    this.offset = BigInt(message.offset);
    this.key = message.key?.toString() ?? "";
    this.value = message.value ?? EMPTY;
    this.appendTime = new Date(Number(message.timestamp));
    this.#message = message;
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= toTexts(this.#message.headers);
    return this.#headers;
  }
}

function toTexts(given: IHeaders | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(given ?? {})) {
    const value = Array.isArray(values) ? values[0] : values;
    headers[name] = value?.toString() ?? "";
  }
  return headers;
}
