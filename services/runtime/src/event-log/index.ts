export { migrateEventLog } from "./embedded/embedded-event-log.ts";
export { openEventLog } from "./open.ts";
export type {
  EventLog,
  EventLogOptions,
  EventRecord,
  LogBatch,
  LogRecord,
  ReadOptions,
  SubscribeOptions,
  Subscription,
  TopicPartition,
} from "./port.ts";
export { decodeRecords, encodeRecord, encodeRecords, readHeader } from "./record-encoding.ts";
export { deadLetterTopic, isDeadLetterTopic, PARTITIONS_PER_TOPIC, partitionOfKey } from "./topics.ts";
