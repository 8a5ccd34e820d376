import type { Producer, ProducerRecord, RecordMetadata } from "kafkajs";
import { vi } from "vitest";

/** A send of a fake producer, which waits until the test answers it. */
export interface FakeSend {
  /** Which producer it was sent by, counted from 0. */
  readonly producer: number;
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly values: readonly string[];
  /** Answers as a broker does that stored everything, unless told otherwise. */
  acknowledge(result?: RecordMetadata[]): void;
  fail(error: Error): void;
}

/** Makes producers that connect at once, unless `failConnect` says otherwise, and send when the test answers. */
export function fakeProducers() {
  const sends: FakeSend[] = [];
  const made: { disconnects: number }[] = [];
  const state = { failConnect: undefined as Error | undefined };

  function createProducer(): Producer {
    const producer = made.length;
    const own = { disconnects: 0 };
    made.push(own);
    const fake: Pick<Producer, "connect" | "disconnect" | "send"> = {
      async connect() {
        if (state.failConnect) throw state.failConnect;
      },
      async disconnect() {
        own.disconnects += 1;
      },
      send({ topic, messages }: ProducerRecord) {
        const answer = Promise.withResolvers<RecordMetadata[]>();
        const partitions = [...new Set(messages.map((message) => message.partition ?? -1))];
        sends.push({
          producer,
          topic,
          partitions,
          values: messages.map(({ value }) => String(value)),
          acknowledge: (result) => answer.resolve(result ?? partitions.map((partition) => stored(topic, partition))),
          fail: answer.reject,
        });
        return answer.promise;
      },
    };
    return fake as Producer;
  }

  return {
    createProducer,
    made,
    sends,
    state,
    /** The send with this number, counted from 0, as soon as it is made. */
    sent: (number: number): Promise<FakeSend> =>
      vi.waitFor(() => {
        const found = sends[number];
        if (found === undefined) throw new Error(`there are ${sends.length} sends, no number ${number}`);
        return found;
      }),
  };
}

export function stored(topicName: string, partition: number): RecordMetadata {
  return { topicName, partition, errorCode: 0, baseOffset: "0" };
}
