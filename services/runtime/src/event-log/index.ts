export { migrateEventLog } from "./embedded/embedded-event-log.ts";
export { type EventLogAddress, type KafkaAddress, parseEventLogUrl } from "./event-log-url.ts";
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
export { assertRecordSizes, MAX_RECORD_BYTES, RecordTooLargeError } from "./record-size.ts";
export { DEAD_LETTER_RETENTION_MS, EVENT_RETENTION_MS } from "./retention-times.ts";
export { deadLetterTopic, isDeadLetterTopic, PARTITIONS_PER_TOPIC, partitionOfKey } from "./topics.ts";
