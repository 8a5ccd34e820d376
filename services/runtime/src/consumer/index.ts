export { type ApplyBatch, createBatchApplier } from "./apply-batch.ts";
export { deadLetterHeaders } from "./dead-letter-record.ts";
export { type ApplyContext, defineHandler, type EventHandler, type EventOf } from "./handler.ts";
export { type SortedRecords, sortRecords, wantedMessages } from "./sort-records.ts";
export {
  type BatchConsumerOptions,
  type Consumer,
  type ConsumerOptions,
  startBatchConsumer,
  startConsumer,
} from "./start-consumer.ts";
